import { assertEquals } from "@std/assert";
import { type BootPace, nextPace, NO_BOOTS } from "../../../src/core/policy/boot_pace.ts";
import type { Boots, Cpu, Sample } from "../../../src/core/sample.ts";
import { cpu } from "../bounds/bounds_scene.ts";
import { sample } from "../samples.ts";

const IMPORT: Boots = { failures: 0, lastBootMs: 750, lastBootCpuMs: 700, lastBootWaitMs: 0 };

/** Boots on 2 idle cores, 3 workers ready at first; each tick takes 100 ms. */
class Scene {
  pace: BootPace = { ...NO_BOOTS, target: 3 };
  ready = 3;
  target = 3;
  servingCores = 0;
  /** Age of the oldest boot, ms; none boots at 0. */
  oldestBootMs = 0;

  constructor(readonly boots: Partial<Boots> = {}, readonly cores: Partial<Cpu> = {}) {}

  tick(changes: Partial<Sample> = {}): number {
    const seen = sample(0, { boots: { ...IMPORT, ...this.boots }, cpu: cpu(0, this.cores), ...changes });
    const { ready, oldestBootMs, target, servingCores } = this;
    const counts = { target, ready, booting: oldestBootMs > 0 ? 1 : 0, draining: 0, oldestBootMs };
    const { pace, most } = nextPace(this.pace, { sample: seen, counts, target, servingCores });
    this.pace = pace;
    return most;
  }

  /** The most in each of so many ticks, after a growth to `target`. */
  grow(target: number, ticks: number): number[] {
    this.target = target;
    return Array.from({ length: ticks }, () => this.tick());
  }
}

const most = (boots: Partial<Boots> = {}, cores: Partial<Cpu> = {}) => new Scene(boots, cores).tick();

Deno.test("as many boots that compute as there are cores", () => {
  assertEquals(most(), 3 + 2);
  assertEquals(most({}, { limitCores: 4 }), 3 + 4);
});

Deno.test("cores that requests use are not there for boots, but one boot always is", () => {
  assertEquals(most({}, { workerCores: 0.4 }), 3 + 2);
  assertEquals(most({}, { workerCores: 0.6 }), 3 + 1);
  assertEquals(most({}, { workerCores: 2.3 }), 3 + 1);
  assertEquals(most({}, { limitCores: 0.4 }), 3 + 1);
});

Deno.test("cores that requests are about to use are not there either", () => {
  const scene = new Scene({}, { workerCores: 0.1 });
  scene.servingCores = 1.3;
  assertEquals(scene.tick(), 3 + 1);
});

Deno.test("the next begins when one has computed what a boot does", () => {
  // 2 on 2 cores: done after 700 ms, and the tick before makes room for the next.
  assertEquals(new Scene({ lastBootMs: 2_000 }).grow(5, 7), [5, 5, 5, 5, 5, 7, 7]);
  // One on its core for 700 ms beside the other's.
  const scene = new Scene({ lastBootMs: 2_000 });
  assertEquals(scene.grow(4, 3), [5, 5, 5]);
  assertEquals(scene.grow(5, 4), [5, 5, 6, 6]);
});

Deno.test("on half a free core a boot takes twice as long; where none is free only one boots", () => {
  const room = (workerCores: number) => new Scene({ lastBootMs: 3_000 }, { workerCores }).grow(4, 20);
  assertEquals(room(1.5).indexOf(5), 12);
  assertEquals(room(2).indexOf(5), -1);
});

Deno.test("three boots on two cores take half as long again", () => {
  // 700 ms of CPU on two thirds of a core: done after 1,050 ms.
  assertEquals(new Scene({ lastBootMs: 3_000 }).grow(6, 11), [...Array(9).fill(5), 8, 8]);
});

Deno.test("a boot that serves, or has ended, computes no more", () => {
  const scene = new Scene({ lastBootMs: 2_000 });
  scene.grow(5, 2);
  scene.ready = 4;
  assertEquals(scene.tick(), 6);
  scene.target = 4;
  assertEquals(scene.tick(), 6);
});

Deno.test("boots that take longer than they compute alone hold the next until one serves", () => {
  const scene = new Scene();
  scene.oldestBootMs = 1;
  assertEquals(scene.grow(5, 12), Array(12).fill(5), "two boot, and nothing but their wait is left");
  scene.ready = 4;
  assertEquals(scene.tick(), 6);
});

Deno.test("when the oldest is as old as a boot takes alone, one more begins", () => {
  const scene = new Scene();
  scene.grow(5, 7);
  scene.oldestBootMs = 649;
  assertEquals(scene.tick(), 5);
  scene.oldestBootMs = 650;
  assertEquals(scene.tick(), 6);
});

Deno.test("beside boots that take twice as long as alone as many others begin", () => {
  const scene = new Scene();
  scene.grow(5, 12);
  scene.oldestBootMs = 1_499;
  assertEquals(scene.tick(), 6);
  scene.oldestBootMs = 1_500;
  assertEquals(scene.tick(), 7);
  scene.grow(7, 12);
  assertEquals(scene.tick(), 7, "and no more");
});

Deno.test("what a boot stood in the run queue is no wait of its own", () => {
  const scene = new Scene({ lastBootMs: 3_750, lastBootWaitMs: 3_000 });
  scene.oldestBootMs = 1;
  assertEquals(scene.grow(5, 12).at(-1), 5);
});

Deno.test("short boots are as many as keep all cores busy for 200 ms, however busy these are", () => {
  assertEquals(most({ lastBootMs: 50, lastBootCpuMs: 39 }), 3 + 10);
  assertEquals(most({ lastBootMs: 50, lastBootCpuMs: 39 }, { workerCores: 2 }), 3 + 10);
});

Deno.test("without the CPU of a boot, its time or the cores nothing is held", () => {
  assertEquals(most({ lastBootCpuMs: "unknown" }), Infinity);
  assertEquals(most({ lastBootCpuMs: 0 }, { workerCores: 2 }), Infinity);
  assertEquals(most({ lastBootMs: "unknown" }), Infinity);
  assertEquals(new Scene().tick({ cpu: "unknown" }), Infinity);
  assertEquals(new Scene().tick({ boots: "unknown" }), Infinity);
  assertEquals(new Scene().tick({ boots: { failures: 0, lastBootMs: 20 } }), Infinity, "an older recording");
});
