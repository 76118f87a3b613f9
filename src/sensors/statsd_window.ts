/** What StatsD said since it was last asked: the parser's lines added up, drained once a tick. */

import { bucketOf, BUCKETS } from "../core/histogram.ts";
import type { Finished, Maybe } from "../core/sample.ts";
import { MAX_WORKERS, type StatsdSink } from "./statsd_line.ts";

/** The sums since they were last taken. */
export class StatsdWindow implements StatsdSink {
  /** Lines and packed values that could not be taken, since the start. */
  malformedLines = 0;
  /** Requests and durations taken, since the start: 0 means that nobody has spoken yet. */
  takenLines = 0;

  #requests = 0;
  #durations = new Float64Array(BUCKETS);
  #durationCount = 0;
  #durationSumMs = 0;
  #workers: Maybe<number> = "unknown";

  requests(count: number): void {
    this.takenLines++;
    this.#requests += count;
  }

  duration(ms: number, weight: number): void {
    this.takenLines++;
    this.#durations[bucketOf(ms)]! += weight;
    this.#durationCount += weight;
    this.#durationSumMs += ms * weight;
  }

  workers(count: number, relative: boolean): void {
    // A gauge nobody has set yet starts at 0, as in StatsD itself.
    const before = relative && this.#workers !== "unknown" ? this.#workers : 0;
    this.#workers = Math.min(MAX_WORKERS, Math.max(0, Math.round(before + count)));
  }

  malformed(): void {
    this.malformedLines++;
  }

  /** The last value of the workers gauge; "unknown" until there was one. It is not drained. */
  get workersGauge(): Maybe<number> {
    return this.#workers;
  }

  /** All since the last call; the next window starts empty. */
  take(): Finished {
    const taken: Finished = {
      requests: this.#requests,
      durations: this.#durations,
      durationCount: this.#durationCount,
      durationSumMs: this.#durationSumMs,
    };
    this.#requests = 0;
    this.#durations = new Float64Array(BUCKETS);
    this.#durationCount = 0;
    this.#durationSumMs = 0;
    return taken;
  }
}
