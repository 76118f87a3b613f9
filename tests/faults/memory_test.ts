/** Memory runs out: the kernel kills a process of the control group. */
import { assert, assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { memoryCgroup } from "../support/containers/memory_cgroup.ts";
import { start } from "../support/process.ts";
import { isAlive } from "../support/processes.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { isBusy, isReady, PATIENCE_MS, untilBooted, untilReplaced } from "./support/steady.ts";

const MIB = 2 ** 20;
/** Room for the autoscaler, gunicorn's master and two workers of BALLAST_MIB, not for what /hold asks for. */
const ROOM = 900 * MIB;
const BALLAST_MIB = 150;
/** A tenth of it is room for a worker more, and for what ends take. */
const FULL_ROOM = 500 * MIB;

const probe = memoryCgroup(ROOM);
const missing = probe === undefined ? "no control group with a memory limit can be made here" : undefined;
probe?.[Symbol.dispose]();

fault(
  "the out-of-memory killer takes a worker",
  "only the request that allocates too much is lost, and the worker is replaced",
  async () => {
    using cgroup = memoryCgroup(ROOM)!;
    let steadyMs: number;
    {
      await using server = await autoscaled({
        own: ["--min-workers", "2", "--max-workers", "2"],
        app: "ballast:app",
        env: { BALLAST_MIB: String(BALLAST_MIB) },
        wrap: (words) => ["/bin/sh", "-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words],
      });
      await untilBooted(server, 2);
      const { master } = server;
      const before = server.workers();
      await using load = new Load(server.port, 20, "/sleep/20");
      // The worker that serves this is by far the largest process: the kernel's choice.
      const greedy = get({ port: server.port }, "/hold/2000", { timeoutMs: PATIENCE_MS })
        .then(({ status }) => `status ${status}`, () => "cut off");
      await until(() => cgroup.oomKills() > 0, { timeoutMs: PATIENCE_MS, what: "a kill" });
      assert(isAlive(server.process.pid) && isAlive(master), server.process.text());
      steadyMs = await timed(async () => {
        // The killed one is on the list until it is reaped. One that boots does not hear a TERM that comes with its fork.
        await until(async () => {
          const [other] = server.workers().filter((pid) => !before.includes(pid));
          return other !== undefined && await isReady(server, other);
        }, { timeoutMs: PATIENCE_MS, what: "another worker in its place" });
        await untilBooted(server, 2);
      });
      await load.stop();
      assertEquals(await greedy, "cut off");
      assertEquals(load.failures, [], server.process.text("stderr"));
      assertEquals(server.master, master);
      await server.process.stop("SIGTERM", 30_000);
    }
    await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
    return steadyMs;
  },
  missing,
);

fault(
  "a burst for an application that loads 300 MiB with its first request, in 1500 MiB",
  "all requests are answered, the kernel kills nothing after the first, and memory is named as what stops growth",
  async () => {
    using cgroup = memoryCgroup(1500 * MIB)!;
    {
      await using server = await autoscaled({
        own: ["--min-workers", "2", "--max-workers", "12"],
        app: "lazy_model:app",
        wrap: (words) => ["/bin/sh", "-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words],
        untilReady: false,
      });
      // No request before the burst: not one worker has shown what it takes.
      await until(() => server.process.text().match(/Booting worker/g)?.length === 2, {
        timeoutMs: PATIENCE_MS,
        what: () => server.process.text(),
      });
      await untilBooted(server, 2);
      const answers = await Promise.all(
        Array.from(
          { length: 40 },
          () =>
            get({ port: server.port }, "/", { timeoutMs: PATIENCE_MS }).then(({ status }) => status, () => 0),
        ),
      );
      assertEquals(answers.filter((status) => status !== 200), [], server.process.text());
      assert(cgroup.oomKills() <= 1, `${cgroup.oomKills()} kills\n${server.process.text()}`);
      assert(/memory/.test(server.log()), server.log());
      await server.process.stop("SIGTERM", 30_000);
    }
    await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
    return undefined;
  },
  missing,
);

fault(
  "the import of a HUP, in a fork server, takes all memory",
  "the kernel kills the new fork server and no worker, no request is lost, and the old workers stay",
  async () => {
    using cgroup = memoryCgroup(ROOM)!;
    {
      await using dir = await tempDir();
      const greedy = 'import os\nfrom ballast import app\nif os.path.exists(os.environ["FLAG"]):\n' +
        '    held = [b"x" * 2**20 for _ in range(2000)]\n';
      await dir.write("greedy.py", greedy);
      await using server = await autoscaled({
        own: ["--min-workers", "2", "--max-workers", "2", "--fork-server", "on"],
        app: "greedy:app",
        gunicorn: ["--pythonpath", dir.path],
        env: { BALLAST_MIB: String(BALLAST_MIB), FLAG: dir.join("flag") },
        wrap: (words) => ["/bin/sh", "-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words],
      });
      await untilBooted(server, 2);
      await server.process.line(/imported the application/, { timeoutMs: PATIENCE_MS });
      const before = server.workers();
      await using load = new Load(server.port, 20, "/sleep/20");
      await load.until(() => load.answered > 0);
      await dir.write("flag", "");
      server.process.signal("SIGHUP");
      await server.process.line(/Cannot import the new code .*signal 9, perhaps out of memory; the old/, {
        timeoutMs: PATIENCE_MS,
      });
      const answered = load.answered;
      await load.until(() => load.answered > answered + 20);
      await load.stop();
      assertEquals(load.failures, []);
      assertEquals(server.workers(), before);
      assert(cgroup.oomKills() > 0);
      await server.process.stop("SIGTERM", 30_000);
    }
    await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
    return undefined;
  },
  missing,
);

/** Takes memory of a control group, and holds it until it is ended. */
const FILLER = `import sys, time
held = bytearray(int(sys.argv[1]))
for page in range(0, len(held), 4096):
    held[page] = 1
print('full', flush=True)
time.sleep(600)`;

fault(
  "HUP and then TERM in a control group that is 90 % full",
  "the workers are replaced, no request is lost, nothing is killed, and the exit code is 0",
  async () => {
    using cgroup = memoryCgroup(FULL_ROOM)!;
    const inGroup = (words: readonly string[]) => [
      "/bin/sh",
      "-c",
      `echo $$ > ${cgroup.procs} && exec "$@"`,
      "sh",
      ...words,
    ];
    let steadyMs: number;
    {
      await using server = await autoscaled({
        own: ["--min-workers", "3", "--max-workers", "3"],
        app: "ballast:app",
        wrap: inGroup,
      });
      await untilBooted(server, 3);
      const rest = Math.floor(0.9 * FULL_ROOM) - cgroup.usedBytes();
      assert(rest > 0, `it is full by itself, by ${-rest} bytes`);
      const [shell, ...words] = inGroup(["python3", "-c", FILLER, String(rest)]);
      await using filler = start(shell!, words);
      await filler.line(/full/, { timeoutMs: PATIENCE_MS });
      await using load = new Load(server.port, 40, "/sleep/20");
      const before = server.workers();
      steadyMs = await timed(async () => {
        server.process.signal("SIGHUP");
        await untilReplaced(server, before, 3);
      });
      await load.stop();
      assertEquals(load.failures, []);
      const last = get({ port: server.port }, "/sleep/1500", { timeoutMs: PATIENCE_MS }).then(
        ({ status }) => status,
        () => 0,
      );
      await until(async () => await isBusy(server), { timeoutMs: PATIENCE_MS, what: "a request in service" });
      assertEquals((await server.process.stop("SIGTERM", PATIENCE_MS)).code, 0);
      assertEquals([await last, cgroup.oomKills()], [200, 0]);
    }
    await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
    return steadyMs;
  },
  missing,
);
