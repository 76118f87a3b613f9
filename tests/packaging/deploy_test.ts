import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";
import { tempDir } from "../support/tempdir.ts";
import { makeVenv } from "../support/venv.ts";

const repository = new URL("../../", import.meta.url).pathname;
const folder = `${repository}deploy/kubernetes`;

async function check(...paths: string[]) {
  const path = await makeVenv(`${repository}.venvs/kubernetes`, ["kubernetes-validate==1.37.0"]);
  const script = new URL("check_manifests.py", import.meta.url).pathname;
  return await run(`${path}/bin/python`, ["-B", script, ...paths]);
}

Deno.test("the manifests are valid by Kubernetes' own schemas", async () => {
  const paths = [...Deno.readDirSync(folder)].map((entry) => `${folder}/${entry.name}`);
  const { code, stdout, stderr } = await check(...paths);
  assertEquals(code, 0, stderr);
  for (const kind of ["Deployment", "Service", "HorizontalPodAutoscaler"]) {
    assertStringIncludes(stdout, `valid ${kind}`);
  }
});

Deno.test("a field that Kubernetes does not know is found", async () => {
  await using temp = await tempDir();
  const text = await Deno.readTextFile(`${folder}/hpa.yaml`);
  const { code } = await check(await temp.write("hpa.yaml", text.replace("minReplicas", "leastReplicas")));
  assertNotEquals(code, 0);
});

const systemd = await findProgram("systemd-analyze");
if (systemd === undefined) {
  console.log("Skipped: the unit file is not verified here, systemd-analyze is missing");
}

Deno.test(
  { name: "systemd finds nothing wrong with the unit file", ignore: systemd === undefined },
  async () => {
    await using temp = await tempDir();
    const text = await Deno.readTextFile(`${repository}deploy/systemd/gunicorn-autoscaler.service`);
    // The program is not installed on the machine that tests.
    const unit = await temp.write(
      "gunicorn-autoscaler.service",
      text.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"),
    );
    const { code, stderr } = await run(systemd!, ["verify", "--man=no", unit]);
    assertEquals(stderr.split("\n").filter((line) => line.includes("gunicorn-autoscaler.service")), []);
    assertEquals(code, 0, stderr);
  },
);

Deno.test("everywhere the platform waits longer than gunicorn does", async () => {
  const files = [
    ["deploy/systemd/gunicorn-autoscaler.service", /^TimeoutStopSec=(\d+)$/m],
    ["deploy/supervisor/gunicorn-autoscaler.conf", /^stopwaitsecs=(\d+)$/m],
    ["docs/platforms.md#Render", /maxShutdownDelaySeconds: (\d+)/],
    ["docs/platforms.md#Railway", /"drainingSeconds": (\d+)/],
    ["docs/platforms.md#Fly", /kill_timeout = (\d+)/],
  ] as const;
  for (const [name, time] of files) {
    const [path, section] = name.split("#");
    const text = await Deno.readTextFile(`${repository}${path}`);
    const part = section === undefined ? text : text.slice(text.indexOf(`**${section}.**`));
    const [stop, graceful] = [time, /--graceful-timeout (\d+)/].map((pattern) =>
      Number(pattern.exec(part)![1])
    );
    assert(stop! >= graceful! + 5, `${name}: ${stop} s for a graceful timeout of ${graceful} s`);
  }
});
