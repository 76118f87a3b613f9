/** Bursts, queues, blocked loops and the objective: the signals of requests that wait, or soon will. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Tick } from "../../../src/core/history.ts";
import type { WorkerKind } from "../../../src/core/sample.ts";
import { durations } from "../samples.ts";
import { ticks } from "../ticks.ts";
import { asked, CPU, demand, jump, requests, type Scene, SETTINGS, slow } from "./demand_scenes.ts";

Deno.test("burst: answered for what it brings, before averages know of it", () => {
  const { wanted, by, burst } = demand(jump("sync", 100));
  assertEquals([by, burst], ["burst", true]);
  assert(wanted > 6 && wanted < 20, `${wanted}`);
  assertLess(asked(jump("sync", 100), "load"), wanted);
});

Deno.test("burst: async workers come for what is in flight and for the CPU that the arrivals need", () => {
  const { targetConcPerWorker } = SETTINGS;
  // 10 requests a tick of 2 s each are 200 in flight by now, and no CPU.
  const waiting = jump("uvicorn", 2_000, { recent: Array<Partial<Tick>>(10).fill(requests(10, 2_000)) });
  const workers = demand(waiting).wanted;
  assert(workers > 130 / targetConcPerWorker && workers <= 200 / targetConcPerWorker, `${workers}`);
  // Each computes for 40 ms: 100 a second are 4 cores.
  const busy = (n: number) => ({ ...requests(n, 50), cpuMs: 40 * n });
  const cores = demand(jump("uvicorn", 50, {
    always: busy(0.5),
    recent: Array<Partial<Tick>>(5).fill(busy(10)),
    sample: { cpu: CPU },
  }));
  assertEquals(cores.by, "burst");
  assert(cores.wanted >= 4 && cores.wanted <= 7, `${cores.wanted}`);
});

Deno.test("queue: asks for more at once, as a burst does, and only where requests are not taken from it at once", () => {
  const queueing = (kind: WorkerKind): Scene => ({
    kind,
    always: { ...requests(2, 100), queuedMs: 2_000 },
    sample: { queue: 20 },
  });
  const { by, burst } = demand(queueing("sync"));
  assertEquals([by, burst], ["queue", true]);
  assertEquals(asked(queueing("uvicorn"), "queue"), 0);
});

Deno.test("blocked loop: a queue that stays before async workers asks for one more", () => {
  const blocked = (queued: number, rest: Partial<Scene> = {}) =>
    asked(
      { kind: "uvicorn", always: { queuedMs: 100 * queued }, sample: { queue: Math.ceil(queued) }, ...rest },
      "blocked-loop",
    );
  assertEquals(blocked(5), 3);
  assertEquals(blocked(2), 3);
  assertEquals(blocked(1), 0);
  assertEquals(blocked(5, { input: { target: 7 } }), 8);
  // Gone by now, or not known, or the last growth still settles, or a sync worker.
  assertEquals(blocked(5, { sample: { queue: 0 } }), 0);
  assertEquals(blocked(5, { sample: { queue: "unknown" } }), 0);
  assertEquals(blocked(5, { input: { sinceUpMs: 500 } }), 0);
  assertEquals(blocked(5, { kind: "sync" }), 0);
});

Deno.test("blocked loop: half a second of it is enough to tell, less is not", () => {
  const after = (n: number) => {
    const history = ticks(Array.from({ length: n }, () => ({ queuedMs: 500 })));
    return asked({ kind: "uvicorn", sample: { queue: 5 }, input: { history } }, "blocked-loop");
  };
  assertEquals([after(4), after(5)], [0, 3]);
});

Deno.test("slo: requests over the objective ask for one more only when others wait behind them", () => {
  assertEquals(slow({}), 0);
  assertEquals(slow({ queuedMs: 49 }), 0);
  assertEquals(slow({ queuedMs: 50 }), 3);
  assertEquals(slow({ queuedMs: 50 }, { input: { target: 6 } }), 7);
  assertEquals(slow({ queuedMs: 50, durations: durations(1, 100) }), 0);
  assertEquals(slow({ queuedMs: 50, durations: undefined }), 0);
});

Deno.test("slo: a wait that is over wants no worker, however slow its requests were", () => {
  const waited = { ...requests(1, 400), occupiedMs: 20, queuedMs: 400 };
  const idle = Array.from({ length: 10 }, () => ({}));
  assertEquals(asked({ always: waited }, "slo"), 3);
  assertEquals(asked({ always: waited, recent: idle }, "slo"), 0);
});

Deno.test("slo: workers that are all but always busy are a sign that requests wait", () => {
  assertEquals(slow({ occupiedMs: 200 }), 3);
  assertEquals(slow({ occupiedMs: 180 }), 3);
  assertEquals(slow({ occupiedMs: 179 }), 0);
  assertEquals(slow({ occupiedMs: 200 }, { input: { sinceUpMs: 500 } }), 0);
});

Deno.test("slo: the slowest twentieth counts, not the slowest request", () => {
  const mixed = durations(30, 50);
  mixed.set(durations(1, 2_000).map((n, i) => n + mixed[i]!));
  assertEquals(slow({ queuedMs: 50, durations: mixed }), 0);
  mixed.set(durations(3, 2_000).map((n, i) => Math.max(n, mixed[i]!)));
  assertEquals(slow({ queuedMs: 50, durations: mixed }), 3);
});

Deno.test("queue: without a burst only the steady load stands beside what will have come by the end of a long boot", () => {
  const scene = { always: requests(0.2, 100), sample: { queue: 10 }, input: { bootMs: 2_000 } };
  assertEquals(asked(scene, "queue"), 1);
});

Deno.test("queue: before any request has finished, one is taken to last a third of the objective", () => {
  // 300 / 3 = 100 ms: the last of 5 waits 250 behind two workers, that of 4 the 200 which are left.
  assertEquals(asked({ sample: { queue: 4 } }, "queue"), 0);
  assertGreater(asked({ sample: { queue: 5 } }, "queue"), 0);
});

Deno.test("burst: what async workers take at once is in flight, and only that counts", () => {
  const arriving = { ...requests(10, 2_000), occupiedMs: 2_500 };
  const scene = jump("uvicorn", 2_000, { recent: Array<Partial<Tick>>(12).fill(arriving) });
  assertEquals(asked(scene, "burst"), 1);
});

Deno.test("blocked loop: one request that waits is enough once as many as two have on average", () => {
  const scene = { kind: "uvicorn", always: { queuedMs: 300 }, sample: { queue: 1 } } as const;
  assertEquals(asked(scene, "blocked-loop"), 3);
});

Deno.test("slo: the objective itself is still met", () => {
  const always = { ...requests(1, 400), queuedMs: 50 };
  const p95Ms = demand({ always }).facts.p95Ms as number;
  const at = (sloP95Ms: number) => asked({ always, input: { settings: { ...SETTINGS, sloP95Ms } } }, "slo");
  assertEquals([at(p95Ms), at(p95Ms - 1)], [0, 3]);
});
