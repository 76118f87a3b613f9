/** gunicorn 21 to 23 accepts before it reads: threaded workers look away from their listener for a moment. */
import { assertEquals } from "@std/assert";
import { parseSocketTable, TCP_LISTEN } from "../../../src/sensors/queue/socket_table.ts";
import { SLOT } from "../../sensors/probe/shared_pages.ts";
import { Connection, get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { until } from "../../support/wait.ts";
import { gthreadServer } from "./gthread_server.ts";

const SILENT = 15;

Deno.test("gthread on gunicorn 23: silent clients wait in the kernel, hold a place for a moment, and are served when they send", async () => {
  const port = freeTcpPort();
  await using server = await gthreadServer("23", port, 1);
  await using clients = new AsyncDisposableStack();
  const silent: Connection[] = [];
  while (silent.length < SILENT) silent.push(clients.use(await Connection.open({ port })));
  // Two threads: three are accepted at once, and three more each time that these have been silent for 50 ms.
  await until(() => queued(port) >= 6, { everyMs: 1, timeoutMs: 100, what: "clients in the kernel's queue" });
  await until(() => queued(port) === 0, { everyMs: 5, what: "silent clients that hold no place" });
  assertEquals((await get({ port }, "/")).status, 200, "served beside them");

  const first = await Promise.all(silent.map((one) => one.get("/")));
  assertEquals(first.map(({ status }) => status), Array(SILENT).fill(200));
  const kept = silent.filter((_, i) => first[i]!.headers.get("connection") !== "close");
  const again = await Promise.all(kept.map((one) => one.get("/")));
  assertEquals(again.map(({ status }) => status), Array(kept.length).fill(200));
  assertEquals((await get({ port }, "/")).status, 200, "served beside kept connections");
  await until(() => server.slot()[SLOT.busyThreads] === 0, { what: "free threads" });
});

Deno.test("gthread on gunicorn 23: a worker told to go while it looks away takes its listener back no more", async () => {
  const port = freeTcpPort();
  await using server = await gthreadServer("23", port, 2);
  await using clients = new AsyncDisposableStack();
  const silent: Connection[] = [];
  const connect = async (many: number) => {
    for (let i = 0; i < many; i++) silent.push(clients.use(await Connection.open({ port })));
  };
  await connect(SILENT);
  server.ask(1);
  await until(async () => {
    await connect(1); // both workers look away nearly all the time
    return [...server.slots().values()].some((slot) => slot[SLOT.state] === 3);
  }, { everyMs: 2, what: "a worker that drains" });
  await connect(SILENT);
  await until(() => queued(port) === 0, { everyMs: 5, what: "clients that the other worker accepts" });
  const answers = await Promise.all(silent.map((one) => one.get("/")));
  assertEquals(answers.map(({ status }) => status), Array(silent.length).fill(200));
  await server.settled(1);
  assertEquals((await get({ port }, "/")).status, 200);
});

/** Connections that no worker has accepted. */
function queued(port: number): number {
  const rows = parseSocketTable(Deno.readTextFileSync("/proc/net/tcp"));
  return rows.find((row) => row.state === TCP_LISTEN && row.localPort === port)?.rxQueue ?? 0;
}
