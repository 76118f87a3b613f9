/**
 * Worker numbers that `pre_fork` hands out
 * Holds: each worker has its own over 50 changes and 10 reloads; a small pool bounds the workers
 * Note: Seen in goauthentik/authentik (`lifecycle/gunicorn.conf.py`) and galaxyproject/galaxy
 * (`lib/galaxy/web_stack/gunicorn_config.py`).
 */
import { assertEquals } from "@std/assert";
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

const CHANGES = 50;
const RELOADS = 10;
const MOST = 8;

interface Seen {
  readonly failures: number;
  readonly numbers: readonly number[];
  readonly ends: number;
}

setUp(import.meta, {
  line: "-c gunicorn.conf.py app:app",
  own: ["--min-workers=1", `--max-workers=${MOST}`],
  observe: pool,
  compare: (wrapped) =>
    assertEquals(wrapped, {
      failures: 0,
      numbers: wrapped.numbers.filter((one, at, all) => all.indexOf(one) === at && one <= MOST),
      ends: 0,
    }),
});

for (const way of ["raises", "EXITS"]) {
  setUp(import.meta, {
    line: `-n ${way} app:app -c gunicorn.conf.py`,
    own: ["--min-workers=1", `--max-workers=${MOST}`],
    env: { NUMBERS: "3", [way]: "1" },
    observe: smallPool,
  });
}

async function smallPool(server: Server): Promise<unknown> {
  await server.scale(2, server.isWrapped ? 6 : 3);
  await server.untilWorkers(3);
  const arbiter = await server.arbiter();
  Deno.kill(children(arbiter)[0]!, "SIGKILL");
  await until(() => server.process.lines.filter((line) => / number \d/.test(line.text)).length >= 4, {
    timeoutMs: 20_000,
    what: "the worker after it",
  });
  if (server.isWrapped) {
    const before = children(arbiter);
    server.process.signal("SIGHUP");
    await replaced(server, arbiter, before, 3);
    assertEquals(server.process.lines.filter((line) => /KeyError/.test(line.text)).length <= 2, true);
  }
  assertEquals(children(arbiter).length, 3); // here: what it logged is told
  return await server.status("/");
}

async function pool(server: Server): Promise<Seen> {
  if (!server.isWrapped) return { failures: 0, numbers: [], ends: 0 }; // a TTOU of its own cuts connections
  const random = randomFrom(7);
  const arbiter = await server.arbiter();
  let failures = 0;
  let isOver = false;
  const load = (async () => {
    while (!isOver) if (await server.status("/?s=0.02", 20_000) !== 200) failures++;
  })();
  try {
    let count = 2;
    for (let change = 1; change <= CHANGES; change++) {
      const next = 1 + Math.floor(random() * MOST);
      if (next !== count) await server.scale(count, next);
      count = next;
      if (change % (CHANGES / RELOADS) !== 0) continue;
      await server.untilWorkers(count, 60_000);
      const before = children(arbiter);
      server.process.signal("SIGHUP");
      await replaced(server, arbiter, before, count);
    }
    await server.untilWorkers(count, 60_000);
  } finally {
    isOver = true;
    await load;
  }
  await until(() => children(arbiter).every((pid) => numbersIn(server).has(pid)), {
    what: "a number of each worker in the log",
  });
  return {
    failures,
    numbers: children(arbiter).map((pid) => numbersIn(server).get(pid) ?? Infinity),
    ends:
      server.process.lines.filter(({ text }) => /Unhandled exception|Starting gunicorn/.test(text)).length -
      1,
  };
}

/** The number of each worker that post_fork has logged, by pid. */
function numbersIn(server: Server): ReadonlyMap<number, number> {
  return new Map(server.process.lines.flatMap(({ text }) => {
    const found = text.match(/\[(\d+)\] \[INFO\] number (\d+)/);
    return found === null ? [] : [[Number(found[1]), Number(found[2])]];
  }));
}

async function replaced(
  server: Server,
  arbiter: number,
  before: readonly number[],
  count: number,
): Promise<void> {
  await until(
    () => {
      const now = children(arbiter);
      return now.length === count && now.every((pid) => !before.includes(pid));
    },
    { timeoutMs: 60_000, what: () => `${count} new workers, there are ${children(arbiter).length}` },
  );
  assertEquals(server.process.hasEnded, false);
}

/** The same numbers from 0 to 1 at each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}
