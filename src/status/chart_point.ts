import { BUCKETS, quantileMs } from "../core/histogram.ts";
import type { Decision } from "../core/reason.ts";
import { type Buckets, known, type Maybe, type Sample } from "../core/sample.ts";
import type { Point } from "./status_types.ts";

/** Adds up the ticks of about one second into one point of the charts. */
export class ChartPointSum {
  #spanMs = 0;
  #ticks = 0;
  #measuredMs = 0;
  #finished = 0;
  #failed = 0;
  #inFlightMs = 0;
  #queue: number | null = null;
  #wanted: number | null = null;
  readonly #service = new Float64Array(BUCKETS);
  readonly #wait = new Float64Array(BUCKETS);
  #last: { sample: Sample; decision: Decision } | undefined;

  /** Takes in one tick. */
  add(sample: Sample, decision: Decision): void {
    this.#ticks++;
    this.#spanMs += sample.elapsedMs;
    this.#last = { sample, decision };
    if (known(sample.queue)) {
      const inner = known(sample.load) ? sample.load.innerQueue : 0;
      this.#queue = Math.max(this.#queue ?? 0, sample.queue + inner);
    }
    if (known(decision.demand)) this.#wanted = Math.max(this.#wanted ?? 0, decision.wanted);
    if (known(sample.load)) {
      this.#measuredMs += sample.elapsedMs;
      this.#finished += sample.load.finished;
      this.#failed += sample.load.failed;
      this.#inFlightMs += sample.load.inFlightMs;
      addBuckets(this.#service, sample.load.service);
      addBuckets(this.#wait, sample.load.wait);
    } else if (known(sample.statsd)) {
      this.#measuredMs += sample.elapsedMs;
      this.#finished += sample.statsd.requests;
      addBuckets(this.#service, sample.statsd.durations);
    }
  }

  /** The time taken in so far. */
  get spanMs(): number {
    return this.#spanMs;
  }

  /** The point of what was added; undefined when nothing was. `at`: Unix ms. */
  point(at: number): Point | undefined {
    if (this.#last === undefined || this.#ticks === 0) return undefined;
    const { sample, decision } = this.#last;
    const workers = known(sample.workers) ? sample.workers : undefined;
    const cpu = known(sample.cpu) ? sample.cpu : undefined;
    const memory = known(sample.memory) ? sample.memory : undefined;
    const perSecond = (n: number) => this.#measuredMs > 0 ? round(n / this.#measuredMs * 1000) : null;
    return {
      at: Math.round(at),
      ready: workers?.ready ?? null,
      booting: workers?.booting ?? null,
      draining: workers?.draining ?? null,
      target: decision.target,
      wanted: this.#wanted,
      min: decision.bounds.min,
      max: decision.bounds.max.workers,
      arrivingRps: known(decision.demand) ? round(decision.demand.facts.rps) : null,
      rps: perSecond(this.#finished),
      failedRps: known(sample.load) ? perSecond(this.#failed) : null,
      p50Ms: orNull(quantileMs(this.#service, 0.5)),
      p95Ms: orNull(quantileMs(this.#service, 0.95)),
      waitP95Ms: orNull(quantileMs(this.#wait, 0.95)),
      queue: this.#queue,
      inFlight: known(sample.load) && this.#measuredMs > 0
        ? round(this.#inFlightMs / this.#measuredMs)
        : null,
      workerCores: cpu === undefined ? null : round(cpu.workerCores),
      usedCores: cpu === undefined ? null : round(cpu.usedCores),
      limitCores: cpu === undefined ? null : round(cpu.limitCores),
      usedBytes: memory === undefined ? null : Math.round(memory.usedBytes),
      limitBytes: memory === undefined ? null : Math.round(memory.limitBytes),
      workerBytes: memory === undefined || !known(memory.workerBytes) ? null : Math.round(memory.workerBytes),
    };
  }
}

/** Adds counts to those of the same buckets. */
export function addBuckets(into: Float64Array, counts: Buckets): void {
  for (let i = 0; i < into.length; i++) into[i]! += counts[i] ?? 0;
}

function orNull(value: Maybe<number>): number | null {
  return known(value) ? round(value) : null;
}

/** Three decimals: JSON for a chart. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
