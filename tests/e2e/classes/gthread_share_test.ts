/** Threaded workers leave to others what they cannot begin, on real gunicorn. */
import { assertEquals } from "@std/assert";
import { SLOT } from "../../sensors/probe/shared_pages.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { Connection, get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { newestMajor, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { gthreadServer } from "./gthread_server.ts";

for (const version of ["20.1", "23", "newest"] as const satisfies VenvName[]) {
  Deno.test(`gthread on gunicorn ${version}: what waits behind a full worker is begun by workers that are added`, async () => {
    const port = freeTcpPort();
    await using server = await gthreadServer(version, port, 1);
    const inFlight = () => [...server.slots().values()].map((slot) => slot[SLOT.inFlight]!);

    const twelve = Array.from({ length: 12 }, () => get({ port }, "/sleep/2000"));
    // They are awaited below; what fails before that must be what the test reports.
    for (const answer of twelve) answer.catch(() => {});
    await until(() => server.slot()[SLOT.inFlight] === 2, { everyMs: 2, what: "a full worker" });
    server.ask(6);
    // One or two wait inside the first worker; those who are added may take as many more than they can begin.
    await until(() => inFlight().reduce((sum, n) => sum + n, 0) >= 6, {
      everyMs: 2,
      what: () => `six of twelve requests begun, not ${inFlight()}`,
    });
    for (const answer of twelve) assertEquals((await answer).status, 200);
    await until(() => inFlight().every((n) => n === 0), { what: "idle workers" });

    for (let i = 0; i < 20; i++) assertEquals((await get({ port }, "/")).status, 200, "accepted again");
  });
}

for (const version of ["20.1", "23", "newest"] as const satisfies VenvName[]) {
  Deno.test(`gthread on gunicorn ${version}: told to take one request at a time, a worker leaves the others to the next that is free`, async () => {
    const port = freeTcpPort();
    await using server = await gthreadServer(version, port, 2);
    const told = () => {
      for (const pid of server.ready()) writeWord(`${server.folder}/w-${pid}`, SLOT.oneUntilNs, 2n ** 62n);
    };
    const inFlight = () => [...server.slots().values()].map((slot) => slot[SLOT.inFlight]!);
    told();
    // A worker is told in the turn after one that answers.
    while ([...server.slots().values()].some((slot) => slot[SLOT.finished] === 0)) {
      await Promise.all(Array.from({ length: 4 }, () => get({ port }, "/cpu/20")));
    }

    const eight = Array.from({ length: 8 }, () => get({ port }, "/cpu/60"));
    for (const answer of eight) answer.catch(() => {});
    let answered = 0, most = 0;
    for (const answer of eight) answer.then(() => answered++, () => {});
    await until(() => {
      most = Math.max(most, ...inFlight());
      return answered === 8;
    }, { everyMs: 2, what: () => `eight answers, not ${answered}` });
    assertEquals(most, 1, "requests in service in one worker");
    for (const answer of eight) assertEquals((await answer).status, 200);
  });
}

for (const version of ["20.1", "23", "newest"] as const satisfies VenvName[]) {
  Deno.test(`gthread on gunicorn ${version}: requests that compute without the interpreter lock are taken at once again`, async () => {
    const port = freeTcpPort();
    await using server = await gthreadServer(version, port, 1);
    const [pid] = server.ready();
    writeWord(`${server.folder}/w-${pid}`, SLOT.oneUntilNs, 2n ** 62n);
    const ask = async (path: string, isEnough: () => boolean, what: string) => {
      let asks = true;
      const clients = Array.from({ length: 4 }, async () => {
        while (asks) assertEquals((await get({ port }, path)).status, 200);
      });
      try {
        await until(isEnough, { timeoutMs: 60_000, everyMs: 2, what });
      } finally {
        asks = false;
        await Promise.all(clients);
      }
    };
    await ask("/free/60", () => server.slot()[SLOT.parallel] === 1, "a worker that says so");
    await ask("/free/60", () => server.slot()[SLOT.inFlight] === 2, "two requests in service");
    await ask("/cpu/60", () => server.slot()[SLOT.parallel] === 0, "a worker whose requests hold the lock");
  });
}

for (const version of ["20.1", "23", "newest"] as const satisfies VenvName[]) {
  Deno.test(`gthread on gunicorn ${version}: with a maximum of one worker it keeps all connections`, async () => {
    const gunicorn = ["-k", "gthread", "--threads", "2", "--keep-alive", "30"];
    await using server = await autoscaled({ own: ["--max-workers", "1"], gunicorn, venv: version });
    const eight = await Promise.all(Array.from({ length: 8 }, () => Connection.open(server)));
    try {
      const ask = async (connection: Connection) => {
        for (let i = 0; i < 4; i++) {
          const { status, headers } = await connection.get("/sleep/60");
          assertEquals([status, headers.get("connection")], [200, "keep-alive"]);
        }
      };
      await Promise.all(eight.map(ask));
    } finally {
      for (const connection of eight) await connection[Symbol.asyncDispose]();
    }
  });
}

const CLOSES =
  "gthread on gunicorn 26 and newer: while it waits for a client to close, all threads count as taken";
Deno.test(CLOSES, { ignore: newestMajor() < 26 }, async () => {
  const port = freeTcpPort();
  await using server = await gthreadServer("newest", port, 1);
  await using client = await Connection.open({ port });
  await client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await until(() => server.slot()[SLOT.finished] === 1 && server.slot()[SLOT.busyThreads] === 2, {
    everyMs: 2,
    what: "a worker that accepts nothing",
  });
  assertEquals((await get({ port }, "/")).status, 200, "two seconds later");
  await until(() => server.slot()[SLOT.busyThreads] === 0, { what: "free threads" });
});

/** Writes a word of a slot as the supervisor would. */
function writeWord(path: string, word: number, value: bigint): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(8 * word, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(new BigUint64Array([value]).buffer));
}
