/** How a worker that is removed empties itself; that nothing is lost meanwhile is counted in loss_test.ts. */

import { assertEquals, assertLess } from "@std/assert";
import { ProbedGunicorn } from "../../probe/probed_gunicorn.ts";
import { SLOT } from "../../sensors/probe/shared_pages.ts";
import { apps, appsFolder } from "../../support/apps.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { Connection, get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { isAlive } from "../../support/processes.ts";
import { bin, venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const uvicorn = ["-k", "uvicorn_worker.UvicornWorker", apps.asgi];

Deno.test("uvicorn: a draining worker ends its connections with the next answer, and leaves when none is open", async () => {
  const port = freeTcpPort();
  await using server = await startServer(uvicorn, port, 1);
  await using kept = await Connection.open({ port });
  const pid = Number((await kept.get("/pid")).body);
  await until(() => server.slot()[SLOT.loopTicks]! > 1, { what: "ticks" });
  server.ask(2);
  const [other] = (await server.settled(2)).filter((one) => one !== pid);
  await using streaming = await Connection.open({ port }); // the kept one is idle: its worker may be picked
  const long = streaming.get("/sleep/1500");
  await until(() => [...server.slots().values()].some((slot) => slot[SLOT.inFlight] === 1), {
    what: "a long request",
  });
  const busy = [...server.slots()].find(([, slot]) => slot[SLOT.inFlight] === 1)![0];
  server.ask(1);
  const leaving = busy === pid ? other! : pid;
  await until(() => server.slots().get(leaving)?.[SLOT.state] === 3 || !isAlive(leaving), {
    what: "the drain",
  });
  assertEquals((await long).status, 200);
  assertEquals(await server.settled(1), [busy]);
});

Deno.test("uvicorn: a websocket holds the worker no longer than graceful timeout and timeout", async () => {
  const port = freeTcpPort();
  await using server = await startServer(["--graceful-timeout", "1", "--timeout", "4", ...uvicorn], port, 1);
  await until(() => server.slot()[SLOT.loopTicks]! > 1, { what: "ticks" });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await new Promise((resolve) => socket.onopen = resolve);
  const [pid] = server.ready();
  const closed = new Promise((resolve) => socket.onclose = resolve);
  server.ask(2);
  await server.settled(2);
  const load = new KeptAliveLoad(port, 1);
  await until(() => load.answered > 3, { what: "answers" });
  await load.stop();
  // Both have a reason to stay; have the other be the busier one by far.
  const long = Array.from({ length: 8 }, () => get({ port }, "/sleep/2500"));
  await until(() => sum(server, SLOT.inFlight) === 8, { what: "8 requests" });
  const from = performance.now();
  server.ask(1);
  await until(() => server.arbiter!.draining === 1, { what: "a drain" });
  assertEquals((await Promise.all(long)).map((answer) => answer.status), Array(8).fill(200));
  await server.settled(1);
  assertLess(performance.now() - from, 8_000);
  socket.close();
  if (!isAlive(pid!)) await closed;
});

Deno.test("sync: old workers that drain for long hold up no reload", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "3", "--max-workers", "3"] });
  const booted = () => server.process.text("stderr").split("Booting worker").length - 1;
  const open = await Promise.all([1, 2, 3].map(() => fetch(`http://127.0.0.1:${server.port}/events/60000`)));
  Deno.kill(server.process.pid, "SIGHUP");
  await until(() => booted() === 6, {
    timeoutMs: 20_000,
    what: () => `3 new workers, ${booted()} were forked`,
  });
  const old = [...server.process.text("stderr").matchAll(/Booting worker with pid: (\d+)/g)].slice(0, 3);
  assertEquals(old.filter(([, pid]) => isAlive(Number(pid))).length, 3);
  for (const { body } of open) await body?.cancel();
});

function sum(server: ProbedGunicorn, word: number): number {
  return [...server.slots().values()].reduce((total, slot) => total + slot[word]!, 0);
}

/** Clients that keep their connections and open new ones only when asked to. */
class KeptAliveLoad {
  answered = 0;
  readonly errors: string[] = [];
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(port: number, clients: number) {
    this.#clients = Array.from({ length: clients }, () => this.#run(port));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(port: number): Promise<void> {
    while (!this.#stopped) {
      try {
        await using connection = await Connection.open({ port });
        while (!this.#stopped) {
          const answer = await connection.get("/");
          if (answer.status !== 200) this.errors.push(`status ${answer.status}`);
          this.answered++;
          if (answer.headers.get("connection")?.toLowerCase() === "close") break;
        }
      } catch (error) {
        this.errors.push(String(error));
        return;
      }
    }
  }
}

async function startServer(args: readonly string[], port: number, wanted: number): Promise<ProbedGunicorn> {
  const all = ["--chdir", appsFolder, "-b", `127.0.0.1:${port}`, ...args];
  const server = new ProbedGunicorn(bin(await venv("newest"), "gunicorn"), all, wanted);
  await server.settled(wanted);
  return server;
}
