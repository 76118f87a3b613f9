/** The StatsD lines since the last tick: the parser's lines added up, drained once a tick. */

import { bucketOf, BUCKETS } from "../../core/histogram.ts";
import type { Finished } from "../../core/sample.ts";
import type { StatsdSink } from "./statsd_line.ts";

/** The sums since they were last taken. */
export class StatsdWindow implements StatsdSink {
  /** Lines and packed values that could not be taken, since the start. */
  malformedLines = 0;

  #requests = 0;
  #durations = new Float64Array(BUCKETS);
  #durationCount = 0;
  #durationSumMs = 0;

  /** So many requests have finished. */
  requests(count: number): void {
    this.#requests += count;
  }

  /** `weight` requests took so long each. */
  duration(ms: number, weight: number): void {
    this.#durations[bucketOf(ms)]! += weight;
    this.#durationCount += weight;
    this.#durationSumMs += ms * weight;
  }

  /** Something could not be taken. */
  malformed(): void {
    this.malformedLines++;
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
