import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { VERSION } from "../../../src/version.ts";
import { links } from "../../docs/markdown.ts";
import { compiledBinary } from "../../support/builds/binary.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run, start } from "../../support/process.ts";
import { children } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import { makeVenv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { makeWheel } from "../../support/builds/wheel.ts";
import { exampleWheels } from "../../support/builds/wheels.ts";

const binary = await compiledBinary();
const ignore = binary === undefined;
const repository = new URL("../../../", import.meta.url).pathname;

Deno.test({ name: "the wheel", ignore }, async (t) => {
  await using folder = await tempDir();
  const wheel = await makeWheel(binary!, folder.path);
  assertLess((await Deno.stat(wheel)).size, 40e6);

  await t.step("twine finds nothing wrong with it", async () => {
    const twine = await makeVenv(`${repository}.venvs/twine`, ["twine==7.0.0", "readme-renderer[md]==46.0"]);
    const { code, stdout, stderr } = await run(`${twine}/bin/twine`, ["check", "--strict", wheel]);
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout, /PASSED/);
  });

  await t.step("pip installs it, and the FastAPI example scales in a burst and stops", async () => {
    const wheels = await exampleWheels();
    await ok("python3", ["-m", "venv", folder.join("venv")]);
    const pip = folder.join("venv/bin/pip");
    const quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--find-links", wheels];
    await ok(pip, ["install", ...quiet, wheel, "fastapi", "uvicorn-worker"]);
    assertMatch(
      (await ok(pip, ["show", "gunicorn-autoscaler"])).stdout,
      new RegExp(`^Version: ${VERSION}$`, "m"),
    );

    const port = freeTcpPort();
    const own = ["--min-workers", "2", "--max-workers", "6", "--target-conc-per-worker", "4"];
    const args = [...own, "main:app", "--chdir", `${repository}examples/fastapi`];
    args.push("--worker-class", "uvicorn_worker.UvicornWorker", "--bind", `127.0.0.1:${port}`);
    // The environment is not activated: gunicorn is found beside the program.
    const options = { env: { PATH: "/usr/bin:/bin", GUNICORN_AUTOSCALER_RUNTIME_DIR: folder.path } };
    await using server = start(folder.join("venv/bin/gunicorn-autoscaler"), args, options);
    const answers = () => get({ port }, "/").then((answer) => answer.status === 200, () => false);
    await until(answers, { timeoutMs: 20_000, what: () => `an answer\n${server.text("stderr")}` });
    const workers = () => children(server.pid).flatMap((master) => children(master)).length;
    // From a fork server the first answers before there is a second.
    await until(() => workers() === 2, { what: () => `2 workers\n${server.text("stderr")}` });
    const report = await runLoad({
      port,
      phases: parsePhases("120x4s:/wait?ms=150"),
      arrivals: "poisson",
      seed: 3,
    });
    assertEquals([report.errors, report.timeouts], [0, 0], server.text("stderr"));
    assert(workers() >= 4, `${workers()} workers\n${server.text("stderr")}`);
    assertEquals((await server.stop("SIGTERM")).code, 0);

    await ok(pip, ["uninstall", "--yes", "--quiet", "--disable-pip-version-check", "gunicorn-autoscaler"]);
    assertEquals(await Deno.stat(folder.join("venv/bin/gunicorn-autoscaler")).catch(() => "gone"), "gone");
  });
});

Deno.test({ name: "two wheels of one binary are the same bytes", ignore }, async () => {
  await using folder = await tempDir();
  const small = folder.join("small");

  // Any program of this machine will do, and a small one packs faster.
  await Deno.copyFile("/bin/true", small);
  const one = await Deno.readFile(await makeWheel(small, folder.join("one")));
  const two = await Deno.readFile(await makeWheel(small, folder.join("two")));
  assertEquals(one, two);
});

Deno.test({
  name: "a released wheel's description links to the tag, not to files that are not there",
  ignore,
}, async () => {
  await using folder = await tempDir();
  const small = folder.join("small");
  await Deno.copyFile("/bin/true", small);
  const wheel = await makeWheel(small, folder.path, { GITHUB_REPOSITORY: "owner/name" });
  const read = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); " +
    "print(*(z.read(one).decode() for n in ('/METADATA', '/licenses/LICENSE') for one in z.namelist() if one.endswith(n)))";
  const { stdout } = await ok("python3", ["-c", read, wheel]);
  assertMatch(stdout, /^License-File: LICENSE$/m);
  assertStringIncludes(stdout, await Deno.readTextFile(`${repository}LICENSE`));
  assertMatch(stdout, /^Project-URL: Source, https:\/\/github\.com\/owner\/name$/m);
  assertStringIncludes(
    stdout,
    `](https://raw.githubusercontent.com/owner/name/v${VERSION}/docs/images/burst.svg)`,
  );
  assertStringIncludes(stdout, `](https://github.com/owner/name/blob/v${VERSION}/docs/settings.md)`);
  assertEquals(links(stdout).filter((target) => !/^(https:|#)/.test(target)), []);
});

async function ok(program: string, args: string[]) {
  const ended = await run(program, args);
  assertEquals(ended.code, 0, `${program} ${args.join(" ")}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}
