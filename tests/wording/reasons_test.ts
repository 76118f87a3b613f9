import { assertEquals, assertMatch } from "@std/assert";
import type { Bound, Decision, Demand, Facts, Reason } from "../../src/core/reason.ts";
import { explain } from "../../src/wording/reasons.ts";

const facts: Facts = {
  rps: 61.4,
  finishedRps: 0,
  hangs: false,
  erlangs: 6.1,
  inFlight: 8,
  queued: 7,
  serviceMs: 101,
  p95Ms: 412,
  recentP95Ms: 480,
  utilization: 0.38,
  streamWorkers: 0,
  openStreams: 0,
  loopsBusy: 0,
  loopWaitMs: 0,
  workerCores: 1.4,
  limitCores: 2,
};
const demand = (by: Demand["by"], changes: Partial<Facts> = {}): Demand => ({
  wanted: 9,
  enough: 9,
  by,
  burst: false,
  fell: false,
  signals: [],
  facts: { ...facts, ...changes },
});

function decision(changes: Partial<Decision>): Decision {
  const configured = { workers: 12, why: { code: "configured" } } as const;
  const current = changes.current ?? 2;
  const target = changes.target ?? 9;
  return {
    nowMs: 0,
    action: target > current ? "grow" : target < current ? "shrink" : "hold",
    current,
    target,
    wanted: 9,
    reason: { code: "steady" },
    limitedBy: "unknown",
    demand: demand("load"),
    bounds: { min: 2, max: configured, all: [configured] },
    ...changes,
  };
}

const boundsOf = (max: Bound) => ({ min: 2, max, all: [max] });
const MIB = 2 ** 20;
const minimumShort = (isAssumed: boolean): Reason => ({
  code: "minimum-short",
  minimum: 2,
  bound: {
    workers: 1,
    why: {
      code: "memory",
      usedBytes: 195 * MIB,
      limitBytes: 256 * MIB,
      workerBytes: 150 * MIB,
      ...(isAssumed ? { isAssumed } : {}),
    },
  },
});

Deno.test("every decision is one plain sentence", async (t) => {
  const cases: [Partial<Decision>, string][] = [
    [
      { reason: { code: "asked", by: "burst" }, demand: demand("burst") },
      "burst of 61 requests/s of 101 ms, 7 requests waiting: grow from 2 to 9 workers",
    ],
    [
      { reason: { code: "asked", by: "queue" }, demand: demand("queue", { queued: 1 }) },
      "1 request waiting behind 61 requests/s of 101 ms: grow from 2 to 9 workers",
    ],
    [
      { reason: { code: "asked", by: "load" }, demand: demand("load", { queued: 0 }) },
      "61 requests/s of 101 ms keep 6.1 workers' slots busy: grow from 2 to 9 workers",
    ],
    [
      {
        reason: { code: "asked", by: "cpu" },
        demand: demand("cpu"),
        target: 6,
        limitedBy: {
          workers: 6,
          why: { code: "memory", usedBytes: 412 * MIB, limitBytes: 512 * MIB, workerBytes: 38 * MIB },
        },
      },
      "workers use 1.4 cores at 61 requests/s: grow from 2 to 6 workers; 9 wanted, but memory allows 6 " +
      "(412 of 512 MiB used, 38 MiB a worker)",
    ],
    [
      {
        reason: { code: "at-bound" },
        demand: demand("load", { queued: 0 }),
        current: 5,
        target: 5,
        limitedBy: { workers: 5, why: { code: "boot-failures", failures: 1, retryInMs: 1500 } },
      },
      "61 requests/s of 101 ms keep 6.1 workers' slots busy: hold 5 workers; 9 wanted, but a failed boot allows 5 " +
      "(1 worker has failed to boot or to be forked, next try in 1.5 s)",
    ],
    [
      {
        reason: { code: "at-bound" },
        demand: demand("load", { queued: 0 }),
        current: 5,
        target: 5,
        limitedBy: { workers: 5, why: { code: "first-boot" } },
      },
      "61 requests/s of 101 ms keep 6.1 workers' slots busy: hold 5 workers; 9 wanted, but the first boot allows 5",
    ],
    [
      {
        reason: { code: "at-bound" },
        demand: demand("slo"),
        current: 3,
        target: 3,
        limitedBy: { workers: 3, why: { code: "cpu", usedCores: 1.94, limitCores: 2, onCpuShare: 0.95 } },
      },
      "p95 480 ms is over 300 ms and requests wait: hold 3 workers; 9 wanted, but the CPU allows 3 " +
      "(2.0 cores, 1.9 used, and requests want the CPU for 95 % of their time)",
    ],
    [
      {
        reason: { code: "at-bound" },
        demand: demand("slo"),
        current: 6,
        target: 6,
        limitedBy: "unknown",
        bounds: boundsOf({
          workers: 3,
          why: { code: "cpu", usedCores: 1.94, limitCores: 2, onCpuShare: 0.95 },
        }),
      },
      "p95 480 ms is over 300 ms and requests wait: hold 6 workers; 9 wanted, but the CPU allows no more " +
      "(2.0 cores, 1.9 used, and requests want the CPU for 95 % of their time)",
    ],
    [
      { reason: minimumShort(true), current: 1, target: 1 },
      "the minimum of 2 has to wait, memory allows 1 (195 of 256 MiB used, 150 MiB set aside for a worker until one has " +
      "served): hold 1 worker",
    ],
    [
      { reason: minimumShort(false), current: 1, target: 1 },
      "the minimum of 2 does not fit, memory allows 1 (195 of 256 MiB used, 150 MiB a worker): hold 1 worker; give more " +
      "memory or lower --min-workers",
    ],
    [
      {
        reason: { code: "streams", workers: 4 },
        current: 4,
        target: 4,
        demand: demand("none", { rps: 0.4 }),
      },
      "fewer would do at 0.4 requests/s, 38 % busy, but 4 workers have open websockets or event streams: hold 4 workers",
    ],
    [
      { reason: { code: "no-gain", retryInMs: 42_000 }, current: 16, target: 16, wanted: 40, action: "hold" },
      "40 wanted, but the last growth brought no more finished requests: 0.0 of 61.4 requests/s are finished, " +
      "something else holds them up: hold 16 workers, next try in 42 s",
    ],
    [
      { reason: { code: "asleep", quietMs: 60_000, forMs: 0, isDeep: false }, demand: "unknown", target: 0 },
      "no request for 1 min: asleep, 0 workers",
    ],
    [
      { reason: { code: "asleep", quietMs: 60_000, forMs: 11_520_000, isDeep: true }, current: 0, target: 0 },
      "asleep for 3 h 12 min, 0 workers, until a request comes",
    ],
    [
      { reason: { code: "woken", by: "request", afterMs: 11_520_000 }, current: 0, target: 1 },
      "woken by a request after 3 h 12 min: grow from 0 to 1 worker",
    ],
    [
      { reason: { code: "woken", by: "operator", afterMs: 2_500 }, current: 0, target: 1 },
      "woken by an operator after 2.5 s: grow from 0 to 1 worker",
    ],
    [
      { reason: { code: "slow-not-starved" }, current: 2, target: 2 },
      "p95 412 ms is over 300 ms, but no request waits and workers are 38 % busy: the app is slow, more workers would not help",
    ],
    [
      {
        reason: { code: "quiet", lowForMs: 3_000 },
        current: 9,
        target: 1,
        wanted: 1,
        demand: demand("none", { rps: 0.4 }),
      },
      "at most 1 worker wanted for 3.0 s at 0.4 requests/s, 38 % busy: shrink from 9 to 1 worker",
    ],
    [
      {
        reason: { code: "quiet", lowForMs: 3_000 },
        current: 9,
        target: 3,
        bounds: boundsOf({
          workers: 3,
          why: { code: "cpu", usedCores: 1.94, limitCores: 2, onCpuShare: 0.95 },
        }),
      },
      "9 workers wanted at 61 requests/s, 38 % busy, but the CPU allows 3 (2.0 cores, 1.9 used, and requests want the " +
      "CPU for 95 % of their time): shrink from 9 to 3 workers",
    ],
    [
      { reason: { code: "no-data" }, demand: "unknown", target: 2 },
      "no signal can be read: hold until one can",
    ],
    [
      { reason: { code: "no-workers" }, demand: "unknown", target: 2 },
      "gunicorn has no worker: hold until it has",
    ],
    [{ reason: { code: "pinned" }, target: 9 }, "pinned by hand: grow from 2 to 9 workers"],
    [{ reason: { code: "pinned" }, action: "hold", target: 9 }, "pinned at 9 workers by hand"],
    [{ reason: { code: "paused" }, target: 2 }, "paused by hand"],
    [
      { reason: { code: "below-minimum" }, target: 2, current: 1 },
      "the minimum is 2: grow from 1 to 2 workers",
    ],
    [
      { reason: { code: "above-maximum" }, target: 4, current: 9 },
      "the maximum is 4: shrink from 9 to 4 workers",
    ],
    [{ reason: { code: "steady" }, current: 1, target: 1 }, "1 worker is enough at 61 requests/s, 38 % busy"],
    [
      { reason: { code: "up-cooldown", forMs: 700 }, target: 2 },
      "9 workers wanted, but the cooldown after the last growth lasts 0.7 s more",
    ],
    [
      { reason: { code: "holding", forMs: 0 }, current: 5, target: 5, demand: demand("load", { queued: 0 }) },
      "fewer are enough at 61 requests/s, 38 % busy, but load may return: hold 5 workers",
    ],
    [
      { reason: { code: "holding", forMs: 0 }, current: 5, target: 5, demand: demand("load", { queued: 1 }) },
      "fewer are enough at 61 requests/s, 38 % busy, but 1 request waits: hold 5 workers",
    ],
    [
      { reason: { code: "holding", forMs: 0 }, current: 5, target: 5 },
      "fewer are enough at 61 requests/s, 38 % busy, but 7 requests wait: hold 5 workers",
    ],
    [
      { reason: { code: "down-cooldown", forMs: 1_800 }, current: 5, target: 5 },
      "fewer are enough at 61 requests/s, 38 % busy, but the cooldown after the last change lasts 1.8 s more: " +
      "hold 5 workers",
    ],
    [
      { reason: { code: "start-hold", forMs: 20_000 }, current: 5, target: 5 },
      "fewer are enough at 61 requests/s, 38 % busy, but the number to begin with is kept for 20 s more: " +
      "hold 5 workers",
    ],
    [
      { reason: { code: "asked", by: "blocked-loop" }, target: 3 },
      "7 requests not accepted: event loops are blocked: grow from 2 to 3 workers",
    ],
    [
      { reason: { code: "asked", by: "loop" }, demand: demand("loop", { loopsBusy: 2.4, loopWaitMs: 38 }) },
      "2.4 event loops busy, 38 ms late, at 61 requests/s of 101 ms: grow from 2 to 9 workers",
    ],
    [
      { reason: { code: "booting" }, wanted: 9, current: 4, target: 4 },
      "9 workers wanted, but boots take the CPU: the next begins when one is done",
    ],
    [
      { reason: { code: "trying" }, demand: demand("queue"), current: 4, target: 4 },
      "7 requests waiting behind 61 requests/s of 101 ms: requests hang, hold 4 workers until the last growth shows " +
      "its effect",
    ],
    [
      {
        reason: { code: "memory-full", usedBytes: 970 * MIB, limitBytes: 1000 * MIB },
        current: 6,
        target: 5,
      },
      "970 of 1000 MiB of memory used: shrink from 6 to 5 workers",
    ],
    [
      { reason: { code: "oom-kill", kills: 1, minimum: 2 }, current: 6, target: 5 },
      "the kernel killed 1 process because memory ran out: shrink from 6 to 5 workers",
    ],
    [
      { reason: { code: "oom-kill", kills: 2, minimum: 2 }, current: 2, target: 1 },
      "the kernel killed 2 processes because memory ran out: shrink from 2 to 1 worker; the minimum of 2 does not fit, give more " +
      "memory or lower --min-workers",
    ],
    [
      {
        reason: { code: "at-bound" },
        current: 5,
        target: 5,
        demand: demand("load", { queued: 0 }),
        limitedBy: { workers: 5, why: { code: "oom-kill", kills: 1, forMs: 540_000 } },
      },
      "61 requests/s of 101 ms keep 6.1 workers' slots busy: hold 5 workers; 9 wanted, but an out-of-memory kill allows " +
      "5 (1 process killed, for 540 s more)",
    ],
    [
      {
        reason: { code: "at-bound" },
        current: 5,
        target: 5,
        demand: demand("load", { queued: 0 }),
        limitedBy: {
          workers: 5,
          why: {
            code: "memory",
            usedBytes: 412 * MIB,
            limitBytes: 512 * MIB,
            workerBytes: 38 * MIB,
            isAssumed: true,
            isStalled: true,
          },
        },
      },
      "61 requests/s of 101 ms keep 6.1 workers' slots busy: hold 5 workers; 9 wanted, but memory allows 5 (412 of 512 " +
      "MiB used, 38 MiB set aside for a worker until one has served, and processes wait for memory)",
    ],
    [
      {
        reason: { code: "asked", by: "concurrency" },
        demand: demand("concurrency", { erlangs: 80 }),
        target: 4,
      },
      "80 requests in flight at 61 requests/s of 101 ms: grow from 2 to 4 workers",
    ],
    ...[[1, "1 websocket or event stream"], [900, "900 websockets or event streams"]].map((
      [openStreams, words],
    ): [Partial<Decision>, string] => [
      {
        reason: { code: "asked", by: "concurrency" },
        demand: demand("concurrency", { erlangs: 0, openStreams: Number(openStreams) }),
      },
      `${words} open and 0 requests in flight at 61 requests/s of 101 ms: grow from 2 to 9 workers`,
    ]),
  ];
  for (const [changes, words] of cases) {
    await t.step(words, () => assertEquals(explain(decision(changes), 300), words));
  }
});

Deno.test("missing readings leave no holes in the sentence", () => {
  const unknown: Facts = {
    rps: 3,
    finishedRps: 0,
    hangs: false,
    erlangs: 0,
    inFlight: "unknown",
    queued: "unknown",
    serviceMs: "unknown",
    p95Ms: "unknown",
    recentP95Ms: "unknown",
    utilization: "unknown",
    streamWorkers: 0,
    openStreams: 0,
    loopsBusy: 0,
    loopWaitMs: 0,
    workerCores: "unknown",
    limitCores: "unknown",
  };
  for (const by of ["load", "burst", "queue", "concurrency", "cpu", "slo", "blocked-loop", "none"] as const) {
    for (const code of ["asked", "slow-not-starved", "steady", "quiet", "at-bound"] as const) {
      const reason = code === "asked"
        ? { code, by }
        : code === "quiet"
        ? { code, lowForMs: 1 }
        : { code } as Reason;
      const text = explain(decision({ reason, demand: { ...demand(by), facts: unknown } }), 300);
      assertMatch(text, /^(?!.*(undefined|NaN|unknown|\[object)).+$/, text);
    }
  }
});
