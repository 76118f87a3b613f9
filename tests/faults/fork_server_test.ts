/** The fork server killed, stopped, hanging, failing: workers go on, and no request is lost. */
import { assertEquals } from "@std/assert";
import { type Autoscaled, autoscaled } from "../support/autoscaled.ts";
import { trySignal } from "../support/process.ts";
import { descendants, forkServers } from "../support/processes.ts";
import { type TempDir, tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { spareOf } from "../../bench/costs/spare.ts";
import { findProgram } from "../support/program.ts";
import { withoutDescriptors } from "./support/descriptors.ts";
import { Load } from "./support/load.ts";
import { isReady, PATIENCE_MS, pin, untilBooted, untilGone, untilReplaced } from "./support/steady.ts";

/** An application whose import does what the file "import.py" beside it says, as it is now. */
const APP = `
import os
from wsgi import app as served

def app(environ, start_response):
    return served(environ, start_response)

exec(open(os.environ["IMPORT"]).read())
`;

const missingPrlimit = await findProgram("prlimit") === undefined ? "there is no prlimit" : undefined;

interface Forked extends AsyncDisposable {
  readonly server: Autoscaled;
  readonly dir: TempDir;
}

async function started(imports = "", gunicorn: readonly string[] = []): Promise<Forked> {
  const workers = 2;
  const dir = await tempDir();
  await dir.write("forked.py", APP);
  await dir.write("import.py", imports);
  const server = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", "8", "--fork-server", "on"],
    app: "forked:app",
    gunicorn: ["--pythonpath", dir.path, "-w", String(workers), ...gunicorn],
    env: { IMPORT: dir.join("import.py"), FLAG: dir.join("flag") },
  });
  const it = {
    server,
    dir,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
  try {
    await pin(server, workers);
    await untilBooted(server, workers);
    return it;
  } catch (error) {
    await it[Symbol.asyncDispose]();
    throw error;
  }
}

function forkServer(server: Autoscaled, otherThan?: number): Promise<number> {
  return until(() => forkServers(server.master).find((pid) => pid !== otherThan), {
    timeoutMs: PATIENCE_MS,
    what: () => `a fork server\n${server.process.text("stderr")}`,
  });
}

/** Workers that have booted. */
async function readyWorkers(server: Autoscaled): Promise<number> {
  const are = await Promise.all(server.workers().map((pid) => isReady(server, pid)));
  return are.filter(Boolean).length;
}

/** Does it under load, and kills a worker: the count is back, and nothing is lost but what that worker served. */
async function underLoad(server: Autoscaled, inject: () => Promise<void> | void): Promise<number> {
  await using load = new Load(server.port, 20, "/sleep/20");
  await load.until(() => load.answered > 0);
  const steadyMs = await timed(async () => {
    await inject();
    trySignal(server.workers()[0]!, "SIGKILL");
    await untilBooted(server, 2);
  });
  await load.stop();
  assertEquals(load.failures.length <= 1, true, load.failures.join("\n"));
  return steadyMs;
}

for (
  const [signal, what, line] of [
    ["SIGKILL", "killed", /is lost: (it was ended by signal 9|\[Errno 32\])/],
    ["SIGSTOP", "stopped", /is lost: timed out/],
  ] as const
) {
  fault(
    `the fork server ${what}, then a worker killed`,
    "gunicorn forks the worker, another fork server comes, and no other request is lost",
    async () => {
      await using it = await started();
      const { server } = it;
      const first = await forkServer(server);
      const steadyMs = await underLoad(server, () => void trySignal(first, signal));
      await server.process.line(line, { timeoutMs: PATIENCE_MS });
      await forkServer(server, first);
      return steadyMs;
    },
  );
}

/** An import that takes longer than that hangs. */
const TIMEOUT = ["--timeout", "6"];

for (
  const [what, code] of [
    ["hangs", "import time; time.sleep(600)"],
    ["is killed in it", "import signal; os.kill(os.getpid(), signal.SIGKILL)"],
    ["raises", "raise RuntimeError('not today')"],
    ["leaves with the code that ends gunicorn", "os._exit(3)"],
  ] as const
) {
  fault(
    `the first import ${what}, once`,
    "gunicorn forks its workers itself and serves",
    async () => {
      await using it = await started(
        `if not os.path.exists(os.environ["FLAG"]):\n    open(os.environ["FLAG"], "w").close()\n    ${code}\n`,
        TIMEOUT,
      );
      await it.server.process.line(/Cannot use fork server \d+: /, { timeoutMs: PATIENCE_MS });
    },
  );
  fault(
    `the import of a HUP ${what}`,
    "the fork server and the workers of before stay, no request is lost, and mended code is taken by the next HUP",
    async () => {
      await using it = await started("", TIMEOUT);
      const { server, dir } = it;
      const [first, before] = [await forkServer(server), server.workers()];
      await using load = new Load(server.port, 20, "/sleep/20");
      await load.until(() => load.answered > 0);
      await dir.write("import.py", code);
      server.process.signal("SIGHUP");
      await server.process.line(/Cannot import the new code in a fork server: .*; the old workers stay/, {
        timeoutMs: PATIENCE_MS,
      });
      const answered = load.answered;
      await load.until(() => load.answered > answered + 20);
      assertEquals(server.workers(), before);
      assertEquals(await forkServer(server), first);
      await dir.write("import.py", "");
      const steadyMs = await timed(async () => {
        server.process.signal("SIGHUP");
        await untilReplaced(server, before, 2);
      });
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
  );
}

for (
  const [whose, condition] of [
    ["the fork server is refused its forks", "True"],
    ["the process between the fork server and a worker is refused its fork", "os.getpid() != own"],
  ] as const
) {
  fault(whose, "gunicorn forks the worker", async () => {
    await using it = await started(
      "import os, sys\n" +
        "own = os.getpid()\n" +
        `def fork():\n    if ${condition}:\n        raise OSError(11, 'no more processes')\n    return os.fork()\n` +
        "serving = sys.modules.get('gunicorn_autoscaler_probe.fork_server.application')\n" +
        "serving.real_fork = lambda: fork\n",
    );
    await it.server.process.line(/no more processes; gunicorn forks/, { timeoutMs: PATIENCE_MS });
  });
}

fault(
  "no file descriptor left in gunicorn's master, with a fork server",
  "the fork server stays, no request is lost, and growth resumes when descriptors are free",
  async () => {
    await using it = await started();
    const { server } = it;
    const first = await forkServer(server);
    await server.process.line(/Control socket listening/, { timeoutMs: PATIENCE_MS });
    await using load = new Load(server.port, 20, "/sleep/20");
    const restore = await withoutDescriptors(server.master);
    await pin(server, 4);
    await server.process.line(/Cannot fork a worker|Too many open files/, { timeoutMs: PATIENCE_MS });
    await restore();
    const steadyMs = await timed(() => untilBooted(server, 4));
    await load.stop();
    assertEquals(load.failures, []);
    assertEquals(await forkServer(server), first);
    return steadyMs;
  },
  missingPrlimit,
);

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  fault(
    `the spare worker gets ${signal}, then the count goes up`,
    "as many workers as wanted boot, and no request is lost",
    async () => {
      await using it = await started();
      const { server } = it;
      await using load = new Load(server.port, 20, "/sleep/20");
      const spare = await until(() => spareOf(server.master), { timeoutMs: PATIENCE_MS, what: "a spare" });
      trySignal(spare, signal);
      const steadyMs = await timed(async () => {
        await pin(server, 4);
        await until(async () => await readyWorkers(server) >= 4, {
          timeoutMs: PATIENCE_MS,
          what: () => `4 workers that are ready\n${server.process.text()}`,
        });
      });
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
  );
}

for (
  const [what, of] of [
    ["gunicorn's master killed", (server: Autoscaled) => server.master],
    ["the autoscaler killed", (server: Autoscaled) => server.process.pid],
  ] as const
) {
  fault(`${what}, with a fork server`, "the fork server ends too, and the port is free", async () => {
    await using it = await started();
    const { server } = it;
    await forkServer(server);
    const family = descendants(server.process.pid);
    return await timed(async () => {
      trySignal(of(server), "SIGKILL");
      await untilGone(family, server.port);
    });
  });
}

fault("20 reloads and 200 scale changes under load, from a fork server", "no request is lost", async () => {
  await using it = await started();
  const { server } = it;
  await using load = new Load(server.port, 40, "/sleep/20");
  await load.until(() => load.answered > 0);
  for (let round = 0; round < 20; round++) {
    const before = server.workers();
    for (const workers of [5, 3, 6, 4, 7, 3, 5, 2, 4, 2]) {
      await pin(server, workers);
      await until(() => server.workers().length === workers, {
        timeoutMs: PATIENCE_MS,
        what: () => `${workers} workers, there are ${server.workers().length}`,
      });
    }
    server.process.signal("SIGHUP");
    await untilReplaced(server, before, 2);
  }
  await load.stop();
  assertEquals(load.failures, []);
});
