/** The user's own image: three lines that copy the binary beside gunicorn; and what two such containers share. */
import { assertEquals, assertMatch } from "@std/assert";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { COPY_IMAGE, engineWithImages } from "./support/images.ts";
import { problems, RunningContainer } from "./support/running.ts";

const engine = await engineWithImages();
const ignore = engine === undefined;

const APP = `def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
`;
const WORDS = ["gunicorn-autoscaler", "app:app", "--bind", "0.0.0.0:8000"];

/** The image with an application mounted into it. */
async function withApp<T>(
  body: (start: (...options: string[]) => Promise<RunningContainer>) => Promise<T>,
): Promise<T> {
  await using folder = await tempDir();
  await folder.write("app.py", APP);
  await Deno.chmod(folder.path, 0o755); // for any user
  const mount = ["--volume", `${folder.path}:/app:ro`, "--workdir", "/app"];
  return await body((...options) =>
    RunningContainer.start(engine!, { options: [...mount, ...options], image: COPY_IMAGE, words: WORDS })
  );
}

Deno.test(
  { name: "a binary copied into an image with gunicorn serves, grows and stops with 0", ignore },
  () =>
    withApp(async (start) => {
      await using it = await start();
      await it.untilReady();
      await scaledTo(it, 3);
      assertEquals(await it.stop(), 0, await it.log());
      assertEquals(problems(await it.log()), []);
    }),
);

Deno.test(
  { name: "a user without a home, nothing but /dev/shm to write to: no error, no traceback", ignore },
  () =>
    withApp(async (start) => {
      await using it = await start("--user", "12345:0", "--read-only", "--read-only-tmpfs=false");
      await it.untilReady();
      await scaledTo(it, 3);
      assertEquals(await it.stop(), 0, await it.log());
      assertEquals(problems(await it.log()), []);
    }),
);

Deno.test(
  { name: "nothing to write to at all: one sentence, exit code 1", ignore },
  () =>
    withApp(async (start) => {
      await using it = await start("--read-only", "--read-only-tmpfs=false", "--ipc", "none");
      assertEquals(await it.exitCode(), 1);
      assertMatch(await it.log(), /^Cannot make a runtime folder: .*, give a folder [^\n]*$/);
    }),
);

Deno.test({
  name: "two containers that share /dev/shm leave each other alone; what a dead one left is removed",
  ignore,
}, () =>
  withApp(async (start) => {
    await using one = await start("--ipc", "shareable");
    await one.untilReady();
    await using two = await start("--ipc", `container:${one.id}`);
    await two.untilReady();
    // A worker that boots now needs the folder, and so does `scale`.
    await scaledTo(one, 3);
    await scaledTo(two, 4);
    assertEquals([await folders(one), await ready(one), await ready(two)], [2, 3, 4]);
    assertEquals(problems(await one.log()), []);
    await engine!.podman(["kill", "--signal", "KILL", two.id]);
    await two.exitCode();
    await using three = await start("--ipc", `container:${one.id}`);
    await three.untilReady();
    assertEquals([await folders(one), await ready(one)], [2, 3]);
  }));

/** Runtime folders that a container sees. */
async function folders(it: RunningContainer): Promise<number> {
  const { stdout } = await it.exec("sh", "-c", "ls -d /dev/shm/gunicorn-autoscaler-*");
  return stdout.split("\n").length;
}

async function ready(it: RunningContainer): Promise<number> {
  const { code, stdout, stderr } = await it.exec("gunicorn-autoscaler", "status", "--json");
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout).workers.ready;
}

async function scaledTo(it: RunningContainer, workers: number): Promise<void> {
  const { code, stderr } = await it.exec("gunicorn-autoscaler", "scale", String(workers));
  assertEquals(code, 0, stderr);
  await until(async () => await ready(it) === workers, {
    timeoutMs: 30_000,
    what: `${workers} ready workers`,
  });
}
