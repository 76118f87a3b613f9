import { LOOP_TICK_MS } from "../../../core/constants.ts";
import type { LoopLoad } from "../../../core/sample.ts";
import { Random } from "../random.ts";
import { DRAINING, READY, type WorkerTable } from "./worker_table.ts";

/** As in the probe: a tick that comes more than this after it is due is late. */
const LATE_MS = 3;
/** A loop is full when more than this share of its last ticks, some ten, were this late: two of five. */
const FULL_SHARE = 0.16;
const FULL_LATE_MS = 20;
const LAST_TICKS = 10;

/** The probe's timer in each event loop: it fires between the turns of its loop, and counts by how much it came late. */
export class LoopTicks {
  /** When the present turn of each loop began. */
  readonly turnSinceMs: Float64Array;
  readonly #workers: WorkerTable;
  readonly #dueMs: Float64Array;
  readonly #epoch: Int32Array;
  /** Share of each loop's last ticks that were late enough to call it full, 0..1. */
  readonly #fullness: Float64Array;
  readonly #chance: Random;
  #ticks = 0;
  #lateTicks = 0;
  #lateMs = 0;
  #reported: LoopLoad = { busyMs: 0, ticks: 0, lateTicks: 0, lateMs: 0 };

  constructor(workers: WorkerTable, seed: number) {
    this.#chance = new Random(seed, 4);
    this.#workers = workers;
    this.turnSinceMs = new Float64Array(workers.capacity);
    this.#dueMs = new Float64Array(workers.capacity);
    this.#epoch = new Int32Array(workers.capacity).fill(-1);
    this.#fullness = new Float64Array(workers.capacity);
  }

  /** The worker's loop has been idle until now, and has something to do. */
  turnBegins(worker: number, nowMs: number): void {
    this.#idleUntil(worker, nowMs);
    this.turnSinceMs[worker] = nowMs;
  }

  /** One turn of the worker's loop is over: a timer that was due meanwhile fires, and the next turn begins. */
  turnEnds(worker: number, nowMs: number): void {
    this.turnSinceMs[worker] = nowMs;
    this.#meet(worker, nowMs);
    const lateMs = nowMs - this.#dueMs[worker]!;
    if (lateMs < 0) return;
    this.#ticks++;
    if (lateMs > LATE_MS) this.#lateTicks++;
    this.#lateMs += lateMs;
    this.#note(worker, lateMs >= FULL_LATE_MS ? 1 : 0, 1);
    this.#dueMs[worker] = nowMs + this.#delayMs();
  }

  /** The worker's loop has been late so often that it leaves work to others. */
  isFull(worker: number): boolean {
    return this.#fullness[worker]! > FULL_SHARE;
  }

  /** Counts since the last call. */
  load(nowMs: number, isBusy: (worker: number) => boolean): LoopLoad {
    const { state, end } = this.#workers;
    let openTicks = 0, openMs = 0;
    for (let worker = 0; worker < end; worker++) {
      if (!isServing(state[worker]!)) continue;
      if (!isBusy(worker)) {
        this.#idleUntil(worker, nowMs);
        continue;
      }
      const lateMs = nowMs - this.#dueMs[worker]!;
      if (lateMs <= LATE_MS) continue;
      openTicks++;
      openMs += lateMs;
    }
    const lateTicks = this.#lateTicks + openTicks;
    const lateMs = this.#lateMs + openMs;
    const now = {
      busyMs: LOOP_TICK_MS * lateTicks + lateMs,
      ticks: this.#ticks + openTicks,
      lateTicks,
      lateMs,
    };
    const before = this.#reported;
    this.#reported = now;
    return {
      busyMs: Math.max(0, now.busyMs - before.busyMs),
      ticks: Math.max(0, now.ticks - before.ticks),
      lateTicks: Math.max(0, now.lateTicks - before.lateTicks),
      lateMs: Math.max(0, now.lateMs - before.lateMs),
    };
  }

  /** An idle loop's timer was never late. */
  #idleUntil(worker: number, nowMs: number): void {
    this.#meet(worker, nowMs);
    const overMs = nowMs - this.#dueMs[worker]!;
    if (overMs < 0) return;
    const ticks = Math.floor(overMs / LOOP_TICK_MS);
    this.#note(worker, 0, ticks + 1);
    this.#ticks += ticks;
    this.#dueMs[worker]! += ticks * LOOP_TICK_MS;
    while (this.#dueMs[worker]! <= nowMs) {
      this.#ticks++;
      this.#dueMs[worker]! += this.#delayMs();
    }
  }

  /** Counts more ticks that were late enough (1) or not (0). */
  #note(worker: number, late: number, ticks: number): void {
    const old = (1 - 1 / LAST_TICKS) ** ticks;
    this.#fullness[worker] = this.#fullness[worker]! * old + late * (1 - old);
  }

  #delayMs(): number {
    return LOOP_TICK_MS * (0.5 + this.#chance.uniform());
  }

  /** A new process begins to tick. */
  #meet(worker: number, nowMs: number): void {
    const epoch = this.#workers.epoch[worker]!;
    if (this.#epoch[worker] === epoch) return;
    this.#epoch[worker] = epoch;
    this.#fullness[worker] = 0;
    this.#dueMs[worker] = nowMs + this.#delayMs();
  }
}

function isServing(state: number): boolean {
  return state === READY || state === DRAINING;
}
