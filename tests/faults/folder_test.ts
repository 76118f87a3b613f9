/** What gunicorn and the autoscaler stand on goes away: the runtime folder, room on its disk, the right to write. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Autoscaled, autoscaled } from "../support/autoscaled.ts";
import { runtimeFolder } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { inMounts, missingNamespaces } from "./support/namespaces.ts";
import { pin, untilBooted, untilGrown, untilOthers, untilReplaced, untilServing } from "./support/steady.ts";

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
  "a runtime folder without free space",
  "an error that says what to do, and nothing is started",
  async () => {
    await using base = await tempDir();
    await using server = await onTmpfs(base.path, "nr_inodes=3");
    const { code } = await server.process.ended;
    assertEquals(code, 1, server.process.text());
    assertMatch(server.process.text("stderr"), /^Cannot .*(No space left|space)/m);
  },
  missingNamespaces,
);

fault(
  "the disk of the runtime folder full while running",
  "workers without a slot serve, no request is lost, and scaling follows commands",
  async () => {
    await using base = await tempDir();
    await using server = await onTmpfs(base.path, "size=2m", "ready");
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

/** The autoscaler with its runtime folder on a tmpfs of its own, mounted at `path` where nobody else sees it. */
function onTmpfs(path: string, options: string, ready?: "ready"): Promise<Autoscaled> {
  return autoscaled({
    own: ["--min-workers", "2", "--max-workers", "6", "--runtime-dir", path],
    wrap: (words) => inMounts(`mount -t tmpfs -o ${options} tmpfs "$1"`, [path], words),
    untilReady: ready !== undefined,
  });
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
