import { assert, assertEquals } from "@std/assert";
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";
import { tempDir } from "../support/tempdir.ts";

const repository = new URL("../../", import.meta.url).pathname;

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
    const socket = await temp.write(
      "gunicorn-autoscaler.socket",
      await Deno.readTextFile(`${repository}deploy/systemd/gunicorn-autoscaler.socket`),
    );
    const { code, stderr } = await run(systemd!, ["verify", "--man=no", unit, socket]);
    assertEquals(stderr.split("\n").filter((line) => line.includes("gunicorn-autoscaler.")), []);
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
