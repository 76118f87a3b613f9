/** What examples/docker/Dockerfile promises, in a Debian root file system and namespaces instead of an engine. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { compiledBinary } from "../../support/builds/binary.ts";
import { Container } from "../../support/containers/container.ts";
import { imageConfig, parseDockerfile } from "../../support/containers/dockerfile.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run } from "../../support/process.ts";
import { children, descendants, isAlive } from "../../support/processes.ts";
import { findRootfs } from "../../support/containers/rootfs.ts";
import { until } from "../../support/wait.ts";

const repository = new URL("../../../", import.meta.url).pathname;
const dockerfile = await Deno.readTextFile(`${repository}examples/docker/Dockerfile`);
const image = imageConfig(parseDockerfile(dockerfile));
const [, tmpfsPath] = /--tmpfs (\S+)/.exec(dockerfile)!;

const binary = await compiledBinary();
const rootfs = binary === undefined ? { missing: "there is no binary" } : await findRootfs();
const ignore = "missing" in rootfs;
if (ignore) console.log(`Skipped: the image cannot be tried here, ${rootfs.missing}`);

/** The example's container: the image's own words and environment, with ports of this test and few workers. */
async function example(before: string[] = [], own: string[] = []) {
  const port = freeTcpPort(), statusPort = freeTcpPort();
  const [program, ...rest] = image.words.map((word) => word.replace("0.0.0.0:8000", `127.0.0.1:${port}`));
  const container = await Container.start({
    root: "path" in rootfs ? rootfs.path : "",
    files: { "/usr/local/bin/gunicorn-autoscaler": binary!, "/app": `${repository}examples/fastapi` },
    tmpfs: { path: tmpfsPath!, options: "mode=1777" },
    user: image.user,
    workdir: image.workdir,
    env: { ...image.env, GUNICORN_AUTOSCALER_STATUS_ADDR: `127.0.0.1:${statusPort}` },
    words: [...before, program!, ...own, ...rest],
  });
  /** The autoscaler's pid: PID 1, or the child of an init before it. */
  const autoscaler = () => before.length === 0 ? container.pid : children(container.pid)[0] ?? 0;
  return {
    container,
    port,
    autoscaler,
    workers: () => children(autoscaler()).flatMap(children).length,
    untilReady: () =>
      until(async () => {
        if (container.process.hasEnded) throw new Error(`It ended:\n${container.process.text()}`);
        return await get({ port }, "/").then((answer) => answer.status === 200, () => false);
      }, { timeoutMs: 30_000, what: () => `an answer\n${container.process.text()}` }),
    /** Requests in service, as the status address tells. */
    inFlight: async (): Promise<number> =>
      JSON.parse((await get({ port: statusPort }, "/status")).body).traffic.inFlight,
    /** Sends the image's stop signal to PID 1, as `docker stop` does, and returns the exit code. */
    async stop(): Promise<number> {
      Deno.kill(container.pid, image.stopSignal as Deno.Signal);
      await until(() => container.process.hasEnded, {
        timeoutMs: 30_000,
        what: () => `the end\n${container.process.text()}`,
      });
      return (await container.process.ended).code;
    },
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}

Deno.test({
  name: "the example image as PID 1: read-only root, one tmpfs, no privilege; healthy, scales, stops with 0",
  ignore,
}, async (t) => {
  const own = ["--min-workers=2", "--max-workers=6", "--target-conc-per-worker=4", "--idle-seconds=1"];
  await using it = await example([], own);
  const { container } = it;
  const output = () => container.process.text();
  await it.untilReady();
  const everyone = () => [container.pid, ...descendants(container.pid).map(({ pid }) => pid)];

  await t.step("no user in it is root or could become root", () => {
    const values = (name: string) =>
      new Set(
        everyone().map((pid) =>
          new RegExp(`^${name}:\\s*(.*)$`, "m").exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]
        ),
      );
    assertEquals([...values("Uid")], [Array(4).fill(image.user).join("\t")]);
    assertEquals([...values("CapEff"), ...values("CapBnd")], Array(2).fill("0".repeat(16)));
  });

  await t.step("the tmpfs is all that can be written, and /dev/shm is not there", async () => {
    const writable = "find / -path /proc -prune -o -path /sys -prune -o -type d -writable -print";
    const { stdout } = await container.exec("sh", "-c", writable);
    assertEquals(stdout.split("\n").filter((path) => !path.startsWith(`${tmpfsPath}/`)), [tmpfsPath]);
    assertEquals((await container.exec("test", "-e", "/dev/shm")).code, 1);
  });

  await t.step("the image's own health check says healthy", async () => {
    const { code, stderr } = await container.exec(...image.healthcheck);
    assertEquals(code, 0, stderr);
  });

  await t.step("an orphan is reaped", async () => {
    const { stdout } = await container.exec("sh", "-c", "(sleep 0.1 & echo $!)");
    const orphan = Number(stdout);
    assert(orphan > 1, stdout);
    // A zombie keeps its folder in /proc until it was waited for.
    await until(async () => (await container.exec("test", "-e", `/proc/${orphan}`)).code === 1, {
      what: `process ${orphan} to be reaped`,
    });
  });

  await t.step("a burst brings workers, calm takes them away", async () => {
    assertEquals(it.workers(), 2);
    let most = 2;
    const watch = setInterval(() => most = Math.max(most, it.workers()), 50);
    const phases = parsePhases("120x4s:/wait?ms=150");
    const report = await runLoad({ port: it.port, phases, arrivals: "poisson", seed: 5 })
      .finally(() => clearInterval(watch));
    assertEquals([report.errors, report.timeouts], [0, 0], output());
    assert(most >= 4, `at most ${most} workers\n${output()}`);
    await until(() => it.workers() === 2, {
      timeoutMs: 60_000,
      what: () => `2 workers, not ${it.workers()}\n${output()}`,
    });
  });

  await t.step(
    "the stop signal: the request in service is answered, exit code 0, nothing is left",
    async () => {
      await using held = container.holdMounts();
      await until(() => held.written().length > 0, { what: "files in the tmpfs" });
      const before = descendants(container.pid);
      const slow = get({ port: it.port }, "/wait?ms=3000");
      await until(it.inFlight, { what: "a request in service" });
      assertEquals(await it.stop(), 0, output());
      assertEquals((await slow).status, 200);
      // The folder of gunicorn's own control socket, in its home, stays as it would without us.
      assertEquals(held.written().filter((name) => name !== ".gunicorn"), []);
      assertEquals(before.filter(isAlive), []);
    },
  );
});

Deno.test(
  { name: "the example image under tini: serves, stops with 0 on the stop signal", ignore },
  async () => {
    await using it = await example(["/usr/bin/tini", "--"], ["--min-workers=1"]);
    await it.untilReady();
    assertMatch(await Deno.readTextFile(`/proc/${it.container.pid}/comm`), /^tini/);
    assertEquals(await it.stop(), 0, it.container.process.text());
  },
);

Deno.test({ name: "as PID 1 it ends with gunicorn's exit code", ignore }, async () => {
  await using it = await example([], ["--min-workers=1"]);
  await it.untilReady();
  const [master] = children(it.container.pid);
  Deno.kill(master!, "SIGKILL");
  await until(() => it.container.process.hasEnded, { what: () => `the end\n${it.container.process.text()}` });
  assertEquals((await it.container.process.ended).code, 128 + 9, it.container.process.text());
});

Deno.test({
  name: "without glibc the kernel itself says that there is no such file",
  ignore: ignore || Deno.build.os !== "linux",
}, async () => {
  // What an Alpine image lacks is the loader that the binary names; an empty root lacks it too.
  const empty = await Deno.makeTempDir({ dir: `${repository}.venvs`, prefix: "empty-" });
  try {
    await Deno.link(binary!, `${empty}/gunicorn-autoscaler`);
    const { code, stderr } = await run("chroot", [empty, "/gunicorn-autoscaler", "--version"]);
    assertEquals(code, 127);
    assertMatch(stderr, /gunicorn-autoscaler.*: No such file or directory/);
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
});
