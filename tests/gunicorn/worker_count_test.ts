import { assertEquals } from "@std/assert";
import {
  type ArbiterPort,
  type CountSignal,
  Doorbell,
  SignalSteps,
} from "../../src/gunicorn/worker_count.ts";

/** A master that acts on signals when `obeys`, and gets none otherwise. */
class FakeMaster implements ArbiterPort {
  ready = true;
  obeys = true;
  count = 0;
  seq = 0;
  wanted = 0;
  wantedSeq = 0;
  readonly rung: CountSignal[] = [];

  request(workers: number): number {
    this.wanted = workers;
    return ++this.wantedSeq;
  }

  confirmed() {
    return this.ready ? { workers: this.count, seq: this.seq } : undefined;
  }

  readonly ring = (signal: CountSignal): void => {
    this.rung.push(signal);
    if (this.obeys) this.obey();
  };

  obey(): void {
    this.count = this.wanted;
    this.seq = this.wantedSeq;
  }
}

function doorbell(workers = 2) {
  const master = new FakeMaster();
  const bell = new Doorbell(master, master.ring, workers);
  master.obey();
  return { master, bell };
}

Deno.test("any distance takes one signal, upward TTIN, downward TTOU", () => {
  const { master, bell } = doorbell();
  bell.ask(10, 0);
  assertEquals(bell.poll(0), { kind: "settled", workers: 10 });
  bell.ask(3, 100);
  assertEquals(bell.poll(100).kind, "settled");
  assertEquals(master.rung, ["SIGTTIN", "SIGTTOU"]);
});

Deno.test("a count that gunicorn's own configuration decides on is taken as it is, and nothing is asked for before", () => {
  const master = new FakeMaster();
  master.ready = false;
  master.count = 7;
  const bell = new Doorbell(master, master.ring, undefined);
  bell.ask(2, 0);
  assertEquals([bell.poll(0).kind, master.wantedSeq], ["asking", 0]);
  master.ready = true;
  assertEquals(bell.poll(100), { kind: "settled", workers: 7 });
  bell.ask(3, 200);
  assertEquals([bell.poll(200).kind, master.count, master.rung], ["settled", 3, ["SIGTTOU"]]);
});

Deno.test("a count that a slow start of gunicorn's own has reached takes no signal, until another is asked for", () => {
  const master = new FakeMaster();
  master.count = 1;
  const bell = new Doorbell(master, master.ring, undefined);
  assertEquals(bell.poll(0), { kind: "settled", workers: 1 });
  for (const count of [2, 3]) {
    master.count = count;
    bell.ask(count, 100 * count);
    assertEquals(bell.poll(100 * count), { kind: "settled", workers: count });
  }
  assertEquals([master.rung, master.wantedSeq], [[], 0]);
  bell.ask(2, 400);
  assertEquals(master.rung, ["SIGTTOU"]);
  assertEquals(bell.poll(500), { kind: "settled", workers: 2 });
});

Deno.test("nor does a count from which a slow start of gunicorn's own has gone on meanwhile", () => {
  const master = new FakeMaster();
  master.count = 1;
  const bell = new Doorbell(master, master.ring, undefined);
  bell.poll(0);
  master.count = 3;
  bell.ask(2, 100);
  bell.poll(100);
  bell.ask(3, 200);
  assertEquals(bell.poll(200), { kind: "settled", workers: 3 });
  assertEquals([master.rung, master.wantedSeq], [[], 0]);
});

Deno.test("asking for what is asked for already rings nothing", () => {
  const { master, bell } = doorbell();
  bell.ask(2, 0);
  assertEquals(master.rung, []);
});

Deno.test("a lost signal is sent once more, and no third is on its way before the master confirms", () => {
  const { master, bell } = doorbell();
  master.obeys = false;
  bell.ask(5, 0);
  const at: number[] = [];
  for (let nowMs = 0; nowMs <= 6_000; nowMs += 100) {
    const before = master.rung.length;
    bell.poll(nowMs);
    if (master.rung.length > before) at.push(nowMs);
  }
  assertEquals(at, [200]);
  bell.ask(6, 6_000);
  bell.ask(5, 6_050);
  assertEquals(master.rung.length, 2);
  master.obey(); // it looks by itself once a second
  master.obeys = true;
  for (let nowMs = 6_100; nowMs <= 8_000; nowMs += 100) bell.poll(nowMs);
  assertEquals(bell.poll(8_000), { kind: "settled", workers: 5 });
  bell.ask(6, 8_100);
  assertEquals(master.rung.length, 3);
});

Deno.test("each of many requests is rung for, when the one before is confirmed between two polls", () => {
  const { master, bell } = doorbell();
  for (const workers of [3, 4, 5, 6]) {
    bell.ask(workers, workers);
    assertEquals(master.count, workers);
  }
});

Deno.test("a confirmation of an older request does not count", () => {
  const { master, bell } = doorbell();
  master.obeys = false;
  bell.ask(5, 0);
  bell.ask(7, 10);
  master.count = 7; // as if by chance, but for the request before
  master.seq = master.wantedSeq - 1;
  assertEquals(bell.poll(20).kind, "asking");
});

Deno.test("nothing is rung before the master is ready: a signal would stop it", () => {
  const master = new FakeMaster();
  master.ready = false;
  const bell = new Doorbell(master, master.ring, 2);
  bell.ask(5, 0);
  for (let nowMs = 0; nowMs < 3_000; nowMs += 100) bell.poll(nowMs);
  assertEquals(master.rung, []);
  master.ready = true;
  for (let nowMs = 3_000; nowMs < 6_000; nowMs += 100) bell.poll(nowMs);
  assertEquals(bell.poll(6_000), { kind: "settled", workers: 5 });
});

Deno.test("a count that moved by itself is corrected", () => {
  const { master, bell } = doorbell(4);
  bell.poll(0);
  master.count = 5;
  for (let nowMs = 100; nowMs <= 1_000; nowMs += 100) bell.poll(nowMs);
  assertEquals(master.count, 4);
});

/** A master without the probe: each signal moves its count by one and shows in its children when `shows`. */
class PlainMaster {
  shows = true;
  count: number;
  children: number | undefined;
  readonly rung: CountSignal[] = [];

  constructor(count: number) {
    this.count = count;
    this.children = count;
  }

  readonly ring = (signal: CountSignal): void => {
    this.rung.push(signal);
    this.count += signal === "SIGTTIN" ? 1 : -1;
    if (this.shows) this.children = this.count;
  };
}

Deno.test("without the probe one signal follows another, each seen before the next", () => {
  const master = new PlainMaster(2);
  const count = new SignalSteps(() => master.children, master.ring, 2);
  master.shows = false;
  count.ask(5, 0);
  assertEquals(master.rung.length, 1);
  count.poll(100);
  assertEquals(master.rung.length, 1); // not seen yet
  master.children = 3;
  count.poll(200);
  assertEquals(master.rung.length, 2);
  master.shows = true;
  master.children = 4;
  for (let nowMs = 300; nowMs < 1_000; nowMs += 100) count.poll(nowMs);
  assertEquals([master.count, count.poll(1_000).kind], [5, "settled"]);
});

Deno.test("a drain that hides the signal does not stop the next, and the count does not drift", () => {
  const master = new PlainMaster(5);
  const count = new SignalSteps(() => master.children, master.ring, 5);
  master.shows = false; // all drain for long: children stay 5
  count.ask(2, 0);
  for (let nowMs = 0; nowMs < 5_000; nowMs += 100) count.poll(nowMs);
  assertEquals(master.count, 2);
  master.children = 2;
  for (let nowMs = 5_000; nowMs < 30_000; nowMs += 100) count.poll(nowMs);
  assertEquals(master.count, 2);
});

Deno.test("a TTIN from outside is undone after a while, a recycled worker is not taken for one", () => {
  const master = new PlainMaster(3);
  const count = new SignalSteps(() => master.children, master.ring, 3);
  master.children = 2; // recycled: back a second later
  for (let nowMs = 0; nowMs < 1_000; nowMs += 100) count.poll(nowMs);
  master.children = 3;
  for (let nowMs = 1_000; nowMs < 20_000; nowMs += 100) count.poll(nowMs);
  assertEquals(master.rung, []);
  master.count = master.children = 4;
  for (let nowMs = 20_000; nowMs < 40_000; nowMs += 100) count.poll(nowMs);
  assertEquals([master.count, master.rung], [3, ["SIGTTOU"]]);
});

Deno.test("nothing is signalled before the master has children", () => {
  const master = new PlainMaster(2);
  master.children = undefined;
  const count = new SignalSteps(() => master.children, master.ring, 2);
  count.ask(4, 0);
  for (let nowMs = 0; nowMs < 5_000; nowMs += 100) count.poll(nowMs);
  assertEquals(master.rung, []);
});

Deno.test("the end of all children is no request that waits since the last one", () => {
  let children: number | undefined = 3;
  const count = new SignalSteps(() => children, () => children = 2, 3);
  count.ask(2, 0);
  assertEquals(count.poll(100).kind, "settled");
  children = undefined;
  assertEquals(count.poll(60_000), { kind: "asking", workers: 2, sinceMs: 0, rings: 1 });
  assertEquals(count.poll(61_000), { kind: "asking", workers: 2, sinceMs: 1_000, rings: 1 });
});
