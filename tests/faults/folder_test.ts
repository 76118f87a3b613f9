/** What gunicorn and the autoscaler stand on goes away: the runtime folder, room on its disk, the right to write. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { type Autoscaled, autoscaled } from "../support/autoscaled.ts";
import { command, runtimeFolder } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { startInner } from "./support/inner.ts";
import { Load } from "./support/load.ts";
import { inMounts, missingNamespaces } from "./support/namespaces.ts";
import {
  PATIENCE_MS,
  pin,
  untilBooted,
  untilGrown,
  untilOthers,
  untilReplaced,
  untilServing,
} from "./support/steady.ts";

fault(
  "the runtime folder deleted while running",
  "no request is lost, scaling goes on, HUP replaces the workers, and TERM ends with 0",
  async () => {
    await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
    await untilBooted(server, 2);
    await using load = new Load(server.port, 20, "/sleep/20");
    await Deno.remove(await runtimeFolder(server), { recursive: true });
    const steadyMs = await timed(() => untilGrown(server, 2));
    const before = server.workers();
    server.process.signal("SIGHUP");
    await untilOthers(server, before);
    await load.stop();
    assertEquals(load.failures, []);
    assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
    return steadyMs;
  },
);

fault(
  "the runtime folder deleted, then a HUP straight to the arbiter",
  "the folder is back within 2 s with all that was in it, status answers, and the idlest workers go first",
  async () => {
    await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
    await pin(server, 4);
    await untilBooted(server, 4);
    await using load = new Load(server.port, 20, "/sleep/20");
    const folder = await runtimeFolder(server);
    const parts = names(folder);
    const remove = async () => {
      await removeFolder(folder);
      Deno.kill(server.master, "SIGHUP");
    };
    const before = server.workers();
    await remove();
    await untilReplaced(server, before, 4);
    // A slot that is removed before it was read is not there again: its worker counts without it.
    await untilFourAreReady(server);
    const kept = server.workers().map((pid) => `w-${pid}`);
    // Python makes __pycache__ when it reads our configuration anew, which is not after each removal.
    const standing = parts.filter((name) => !name.startsWith("w-") && name !== "__pycache__");
    await until(() => without(standing, names(folder)).length === 0, { what: () => String(names(folder)) });

    await removeFolder(folder);
    const steadyMs = await timed(() =>
      until(
        () => without([...standing, ...kept], names(folder)).length === 0,
        {
          what: () => `${kept} beside ${standing} in ${names(folder)}`,
        },
      )
    );
    assertLess(steadyMs, 2_500); // 2 s, and what a busy machine adds
    await untilFourAreReady(server);
    await pin(server, 2);
    await untilServing(server, 2);
    await load.stop();
    assertEquals(load.failures, []);
    assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
    return steadyMs;
  },
);

/** `status` says so. A worker of before a reload may end at this moment. */
async function untilFourAreReady(server: Autoscaled): Promise<void> {
  let status = "";
  await until(async () => {
    const { stdout, stderr } = await command(server, "status", "--json");
    status = stdout + stderr;
    return stdout.startsWith("{") && JSON.parse(stdout).workers.ready === 4;
  }, { what: () => `4 ready workers: ${status}` });
}

fault(
  "a second container with the same /dev/shm",
  "each leaves the runtime folder of the other alone, whatever their pids, and a dead one's folder is removed",
  async () => {
    await using base = await tempDir();
    const inPids = (
      words: string[],
    ) => ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", ...words];
    const start = () => startInner({ own: ["--runtime-dir", base.path], wrap: inPids });
    await using one = await start();
    await untilServing(one, 2);
    const [first] = names(base.path);
    await using two = await start();
    await untilServing(two, 2);
    assertEquals(names(base.path).length, 2);
    assert(names(`${base.path}/${first}`).includes("control.sock"));
    Deno.kill(one.pid, "SIGKILL");
    await until(() => one.process.hasEnded, { timeoutMs: PATIENCE_MS, what: "the end of the first" });
    await using three = await start();
    await untilServing(three, 2);
    assert(!names(base.path).includes(first!), String(names(base.path)));
    return undefined;
  },
  missingNamespaces,
);

fault(
  "a runtime folder without free space",
  "an error that says what to do, and nothing is started",
  async () => {
    await using base = await tempDir();
    await using server = await onTmpfs(base.path, "nr_inodes=3", []);
    const { code } = await server.process.ended;
    assertEquals(code, 1, server.process.text());
    assertMatch(server.process.text("stderr"), /^Cannot .*(No space left|space)/m);
  },
  missingNamespaces,
);

fault(
  "the first place for the runtime folder full at the start",
  "it starts in the next one, scales and ends with 0",
  async () => {
    await using full = await tempDir();
    const places =
      'mount -t tmpfs -o size=64k tmpfs "$1" && mount -t tmpfs tmpfs /dev/shm && ! cat /dev/zero 2>&- > "$1/fill"';
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "4"],
      env: { XDG_RUNTIME_DIR: full.path, GUNICORN_CMD_ARGS: "--no-control-socket" },
      wrap: (words) => inMounts(places, [full.path], withoutItsFolder(words)),
    });
    await until(() => names(`/proc/${server.process.pid}/root/dev/shm`).length === 1, {
      what: () => `a runtime folder\n${server.log()}`,
    });
    const steadyMs = await timed(() => untilGrown(inside(server, "/dev/shm"), 1));
    assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
    return steadyMs;
  },
  missingNamespaces,
);

for (const [also, own] of [["", []], [", with a fork server", ["--fork-server", "on"]]] as const) {
  fault(
    `the disk of the runtime folder full while running${also}`,
    "workers without a slot serve, no request is lost, and scaling follows commands",
    async () => {
      await using base = await tempDir();
      await using server = await onTmpfs(base.path, "size=2m", own, "ready");
      await untilBooted(inside(server, base.path), 2);
      await using load = new Load(server.port, 20, "/sleep/20");
      fill(`/proc/${server.process.pid}/root${base.path}/fill`);
      const steadyMs = await timed(async () => {
        await pin(inside(server, base.path), 4);
        await untilServing(server, 4);
      });
      const before = server.workers();
      server.process.signal("SIGHUP");
      await untilReplaced(server, before, 4);
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
    missingNamespaces,
  );
}

fault(
  "a read-only root",
  "with one tmpfs it starts, scales and ends with 0",
  async () => {
    await using base = await tempDir();
    await using server = await autoscaled({
      own: ["--min-workers", "1", "--max-workers", "4", "--runtime-dir", base.path],
      gunicorn: ["--worker-tmp-dir", base.path],
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      wrap: (words) =>
        inMounts(
          'mount -o remount,bind,ro / && mount -t tmpfs tmpfs "$1" && ! touch /tmp/x 2>&-',
          [base.path],
          words,
        ),
    });
    await untilServing(server, 1);
    const steadyMs = await timed(() => untilGrown(server, 1));
    assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 0);
    return steadyMs;
  },
  missingNamespaces,
);

/** The autoscaler with its runtime folder on a tmpfs of its own, mounted at `path` in its own namespace. */
function onTmpfs(
  path: string,
  options: string,
  own: readonly string[],
  ready?: "ready",
): Promise<Autoscaled> {
  return autoscaled({
    own: ["--min-workers", "2", "--max-workers", "6", "--runtime-dir", path, ...own],
    wrap: (words) => inMounts(`mount -t tmpfs -o ${options} tmpfs "$1"`, [path], words),
    untilReady: ready !== undefined,
  });
}

/** The words of a start without the --runtime-dir that every test gives. */
function withoutItsFolder(words: readonly string[]): string[] {
  const at = words.indexOf("--runtime-dir");
  return words.filter((_, i) => i !== at && i !== at + 1);
}

/** Takes all the room that is left. */
function fill(path: string): void {
  using file = Deno.openSync(path, { create: true, write: true });
  const page = new Uint8Array(4096);
  try {
    while (true) file.writeSync(page);
  } catch (error) {
    if (!/space/i.test(String(error))) throw error;
  }
}

/** The same instance, with its runtime folder as seen from outside its mount namespace. */
function inside(server: Autoscaled, path: string): Autoscaled {
  return Object.create(server, { runtimeBase: { value: `/proc/${server.process.pid}/root${path}` } });
}

function names(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

function without(all: readonly string[], some: readonly string[]): string[] {
  return all.filter((name) => !some.includes(name)).sort();
}

/** As rm -rf does it: again, when something was written into the folder meanwhile. */
async function removeFolder(folder: string): Promise<void> {
  await until(
    () =>
      Deno.remove(folder, { recursive: true }).then(
        () => true,
        (error) => error instanceof Deno.errors.NotFound,
      ),
    { what: `the end of ${folder}` },
  );
}
