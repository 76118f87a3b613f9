/** Clients that never end: event streams and websockets hold a worker that drains no longer than its timeouts. */

import { assertEquals, assertLess } from "@std/assert";
import { ProbedGunicorn } from "../../probe/probed_gunicorn.ts";
import { gunicornFor } from "../../probe/worker_venvs.ts";
import { apps, appsFolder } from "../../support/apps.ts";
import { Connection } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { isAlive } from "../../support/processes.ts";
import { bin, hasWorker, venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const SERVERS: readonly [string, VenvName | "old", readonly string[]][] = [
  ["gthread", "23", ["--threads", "8", "--timeout", "4", apps.wsgi]],
  ["gthread", "newest", ["--threads", "8", "--timeout", "4", apps.wsgi]],
  ["uvicorn", "newest", ["-k", "uvicorn_worker.UvicornWorker", "--timeout", "4", apps.asgi]],
  ["asgi", "newest", ["-k", "asgi", apps.asgi]],
  ["gevent", "newest", ["-k", "gevent", apps.wsgi]],
  // A timeout shorter than the graceful one: the heartbeat must be kept meanwhile.
  ["eventlet", "old", ["-k", "eventlet", "--timeout", "3", apps.wsgi]],
  ["tornado", "newest", ["-k", "tornado", "tornado_app:app"]],
];
/** Far beyond the test: to the worker these streams never end. */
const STREAM_MS = 600_000;
const CLIENTS: readonly [string, string][] = [
  ["event streams", `GET /events/${STREAM_MS} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  [
    "websockets",
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  ],
];

const trials = SERVERS.flatMap((server) =>
  CLIENTS.slice(0, server[0] === "gthread" ? 2 : 1).map((client) => [...server, ...client] as const)
);
for (const [kind, version, args, clients, request] of trials) {
  const ignore = version !== "old" && !hasWorker(version, kind);
  Deno.test(
    `${kind} (gunicorn ${version}): a worker with ${clients} that never end is out by its timeouts, and is not aborted`,
    { ignore },
    async () => {
      const port = freeTcpPort();
      const all = ["--chdir", appsFolder, "-b", `127.0.0.1:${port}`, "--graceful-timeout", "4", ...args];
      const gunicorn = version === "old" ? await gunicornFor(version) : bin(await venv(version), "gunicorn");
      await using server = new ProbedGunicorn(gunicorn, all, 3);
      const workers = await server.settled(3);
      await using streams = new AsyncDisposableStack();
      for (let i = 0; i < 12; i++) {
        const connection = streams.use(await Connection.open({ port }));
        await connection.send(request);
      }
      if (kind !== "tornado") { // unmetered
        await until(
          () => [...server.slots().values()].every((slot) => slot[18]! + slot[28]! + slot[29]! > 0),
          {
            timeoutMs: 4_000,
            what: "streams on all workers",
          },
        ).catch(() => {}); // the kernel may have given one worker none: the others count
      }
      const from = performance.now();
      server.ask(1);
      await until(() => server.ready().length === 1 && workers.filter((pid) => isAlive(pid)).length === 1, {
        timeoutMs: 20_000,
        what: () => `the end of two workers\n${server.process.text()}`,
      });
      assertLess(performance.now() - from, 12_000);
      assertEquals(server.process.text().match(/WORKER TIMEOUT|SIGABRT/g), null);
    },
  );
}

Deno.test("tornado: a running request and a kept connection end without an error when their worker drains", async () => {
  const port = freeTcpPort();
  const all = ["--chdir", appsFolder, "-b", `127.0.0.1:${port}`, "-k", "tornado", "tornado_app:app"];
  await using server = new ProbedGunicorn(bin(await venv("newest"), "gunicorn"), all, 1);
  const [worker] = await server.steady(1);
  await using long = await Connection.open({ port });
  await using kept = await Connection.open({ port });
  assertEquals((await kept.get("/")).status, 200);
  await long.send("GET /sleep/5000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  server.process.signal("SIGTTIN"); // from outside: one worker more, and then the oldest goes
  await until(() => server.ready().length === 2, { what: "one worker more" });
  server.process.signal("SIGTTOU");
  await until(() => !server.ready().includes(worker!), { timeoutMs: 15_000, what: "a worker that drains" });
  await until(async () => (await kept.get("/")).headers.get("connection") === "close", {
    timeoutMs: 15_000,
    what: "an answer that ends its connection",
  });
  assertEquals((await long.answer(20_000)).status, 200);
  await until(() => !isAlive(worker!), { timeoutMs: 15_000, what: () => server.process.text() });
  assertEquals(server.process.text().match(/WORKER TIMEOUT|SIGABRT/g), null);
});
