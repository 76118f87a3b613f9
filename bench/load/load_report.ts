/** Result of a load: one outcome a request, and the figures that follow from them. */

/** How a request ended. A status outside 200..299 is "failed", a refused or broken connection "broken". */
export type Outcome = "ok" | "failed" | "broken" | "timeout";

/** The raw outcomes, as columns, in order of the schedule. JSON carries just this. */
export interface Outcomes {
  readonly dueMs: readonly number[];
  readonly phase: readonly number[];
  /** From the moment the request was due to the end of its answer. */
  readonly latencyMs: readonly number[];
  readonly outcome: readonly Outcome[];
  readonly timeoutMs: number;
  /** Kept connections that had died and were replaced, the request sent again, as HTTP clients do. */
  readonly resent: number;
  /** How late the generator itself started its requests, ms. When this is large, the latencies are the generator's own. */
  readonly latenessP99Ms: number;
  readonly latenessMaxMs: number;
  /** CPU time the generator used, ms. */
  readonly generatorCpuMs: number;
}

/**
 * Figures of a load. A request that failed counts with the latency of the time-out: being refused quickly is
 * not being served.
 */
export class LoadReport {
  readonly sent: number;
  readonly ok: number;
  /** Requests that failed or broke; time-outs apart. */
  readonly errors: number;
  readonly timeouts: number;
  /** Of all requests, ascending, ms; failures as the time-out. */
  readonly latencies: readonly number[];

  constructor(readonly outcomes: Outcomes) {
    this.sent = outcomes.outcome.length;
    this.ok = outcomes.outcome.filter((outcome) => outcome === "ok").length;
    this.timeouts = outcomes.outcome.filter((outcome) => outcome === "timeout").length;
    this.errors = this.sent - this.ok - this.timeouts;
    this.latencies = outcomes.latencyMs
      .map((ms, i) => outcomes.outcome[i] === "ok" ? ms : Math.max(ms, outcomes.timeoutMs))
      .sort((a, b) => a - b);
  }

  get p50(): number {
    return this.quantile(0.5);
  }
  get p95(): number {
    return this.quantile(0.95);
  }
  get p99(): number {
    return this.quantile(0.99);
  }

  /** The smallest latency that at least the share q of all requests kept (nearest rank), ms; NaN without requests. */
  quantile(q: number): number {
    return nearestRank(this.latencies, q);
  }

  /** Share (0..1) of all requests that were answered well within sloMs of being due; 1 without requests. */
  shareWithin(sloMs: number): number {
    if (this.sent === 0) return 1;
    let within = 0;
    for (let i = 0; i < this.sent; i++) {
      if (this.outcomes.outcome[i] === "ok" && this.outcomes.latencyMs[i]! <= sloMs) within++;
    }
    return within / this.sent;
  }

  /** The same figures for the requests due in [fromMs, toMs). */
  between(fromMs: number, toMs: number): LoadReport {
    return this.#only((i) => this.outcomes.dueMs[i]! >= fromMs && this.outcomes.dueMs[i]! < toMs);
  }

  toJSON(): Outcomes {
    return this.outcomes;
  }

  #only(keep: (i: number) => boolean): LoadReport {
    const pick = <T>(column: readonly T[]): T[] => column.filter((_, i) => keep(i));
    const { dueMs, phase, latencyMs, outcome } = this.outcomes;
    return new LoadReport({
      ...this.outcomes,
      dueMs: pick(dueMs),
      phase: pick(phase),
      latencyMs: pick(latencyMs),
      outcome: pick(outcome),
    });
  }
}

/** Nearest-rank quantile of ascending numbers; NaN when there are none. */
export function nearestRank(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? NaN;
}
