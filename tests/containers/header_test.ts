/** The example image, run by Podman as the header of its Dockerfile says, with nothing added. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { imageConfig, parseDockerfile } from "../support/containers/dockerfile.ts";
import { until } from "../support/wait.ts";
import { engineWithImages, EXAMPLE_IMAGE } from "./support/images.ts";
import { findInit, problems, RunningContainer } from "./support/running.ts";
import { RequestStream } from "./support/streams.ts";

const dockerfile = await Deno.readTextFile(new URL("../../examples/docker/Dockerfile", import.meta.url));
const image = imageConfig(parseDockerfile(dockerfile));
/** Its `docker run` line, but for --rm, which would take the log away, and the port of this machine. */
const header = /docker run --rm -p 8000:8000 (.*) autoscaled-fastapi/.exec(dockerfile)![1]!.split(" ");

const engine = await engineWithImages();
const ignore = engine === undefined;
const start = (options: readonly string[], words: readonly string[] = []) =>
  RunningContainer.start(engine!, { options, words, image: EXAMPLE_IMAGE });

Deno.test({
  name: "as the header says: PID 1, no root, healthy, grows, and TERM under load loses nothing in service",
  ignore,
}, async (t) => {
  await using it = await start(header);
  await it.untilReady();

  await t.step("the user and PID 1", async () => {
    assertEquals((await it.exec("id", "-u")).stdout, image.user);
    assertMatch((await it.exec("cat", "/proc/1/cmdline")).stdout, /^gunicorn-autoscaler\0/);
  });

  await t.step("the image's health check", async () => {
    const { code, stdout, stderr } = await it.healthCheck();
    assertEquals(code, 0, stdout + stderr);
  });

  await t.step("the limits of the container are the ones that it sees", async () => {
    const { stdout } = await it.exec("gunicorn-autoscaler", "check", "main:app");
    assertMatch(stdout, /512 MiB/);
    assertMatch(stdout, /\b2 (cores|CPUs)|cores +2\b/i);
  });

  await t.step("growth logs nothing that looks like a problem", async () => {
    const { code, stderr } = await it.exec("gunicorn-autoscaler", "scale", "4");
    assertEquals(code, 0, stderr);
    await until(async () => await readyWorkers(it) === 4, { timeoutMs: 30_000, what: "4 ready workers" });
    assertEquals(problems(await it.log()), []);
  });

  await t.step("TERM", async () => {
    const target = { hostname: await it.address(), port: 8000 };
    const load = new RequestStream(target, "/wait?ms=1500", 10);
    await until(() => load.counts.answered >= 50, { timeoutMs: 30_000, what: "50 answers" });
    const stopMs = performance.now();
    const code = await it.stop();
    const { answered, refused, lost } = await load.stop();
    // What connects in the very moment in which the last listener closes is the kernel's to reset, with any server.
    const inService = lost.filter(({ sentMs }) => sentMs < stopMs);
    assertEquals([code, inService], [0, []], `${answered} answered, ${refused} refused\n${await it.log()}`);
    assert(refused > 0, "it went on after the stop");
    assertEquals(problems(await it.log()), []);
  });
});

const init = ignore ? undefined : await findInit();
if (!ignore && init === undefined) {
  console.log("Skipped: --init cannot be tried here, neither catatonit nor tini is installed");
}

Deno.test({ name: "under --init it serves and stops with 0", ignore: init === undefined }, async () => {
  await using it = await start([...header, "--init", "--init-path", init!]);
  await it.untilReady();
  assertMatch((await it.exec("cat", "/proc/1/cmdline")).stdout, /init.*\0gunicorn-autoscaler\0/s);
  assertEquals(await it.stop(), 0, await it.log());
});

Deno.test({ name: "a random user of the group 0, as OpenShift starts it", ignore }, async () => {
  await using it = await start([...header, "--user", "12345:0"]);
  await it.untilReady();
  assertEquals((await it.exec("id", "-u")).stdout, "12345");
  assertEquals((await it.healthCheck()).code, 0);
  assertEquals(await it.stop(), 0, await it.log());
  assertEquals(problems(await it.log()), []);
});

Deno.test({ name: "without any privilege, few processes and a small /dev/shm", ignore }, async () => {
  const hardened = [
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--pids-limit",
    "60",
    "--shm-size",
    "1m",
  ];
  await using it = await start([...header, ...hardened]);
  await it.untilReady();
  assertEquals((await it.healthCheck()).code, 0);
  assertEquals(await it.stop(), 0, await it.log());
});

Deno.test({ name: "read-only without the tmpfs: one sentence, exit code 1", ignore }, async () => {
  await using it = await start(["--read-only"]);
  assertEquals(await it.exitCode(), 1);
  const log = await it.log();
  assertMatch(log, /^Cannot make a runtime folder: \/var\/lib\/autoscaler: .*, give a folder /m);
  assertEquals(log.includes("Traceback"), false, log);
});

Deno.test({ name: "half a core: why nothing can be scaled, and what to set", ignore }, async () => {
  await using it = await start([...header, "--cpus", "0.5"]);
  await it.untilReady();
  assertStringIncludes(
    await it.log(),
    "the maximum of 2 follows from 0.5 cores and is the minimum too, set --max-workers",
  );
});

async function readyWorkers(it: RunningContainer): Promise<number> {
  const { stdout } = await it.exec("gunicorn-autoscaler", "status", "--json");
  const status = JSON.parse(stdout);
  assertEquals(status.version, VERSION);
  return status.workers.ready;
}
