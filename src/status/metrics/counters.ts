import { BUCKETS } from "../../core/histogram.ts";
import type { Decision } from "../../core/reason.ts";
import { known, type Sample } from "../../core/sample.ts";
import { addBuckets } from "../chart_point.ts";

/** Totals since the start, for metrics. */
export class Counters {
  ticks = 0;
  requests = 0;
  failures = 0;
  bootFailures = 0;
  /** CPU time of ready workers, core-seconds. */
  workerCpuSeconds = 0;
  serviceSeconds = 0;
  readonly service = new Float64Array(BUCKETS);
  readonly wait = new Float64Array(BUCKETS);
  /** Whether it was ever measured: a counter without a source is omitted, not 0. */
  seen = { requests: false, failures: false, wait: false, boots: false, cpu: false };
  readonly #decisions = new Map<string, number>();

  /** Takes in one tick. */
  add(sample: Sample, decision: Decision): void {
    this.ticks++;
    const key = `${decision.action} ${decision.reason.code}`;
    this.#decisions.set(key, (this.#decisions.get(key) ?? 0) + 1);
    if (known(sample.load)) {
      this.seen.requests = this.seen.failures = this.seen.wait = true;
      this.requests += sample.load.finished;
      this.failures += sample.load.failed;
      this.serviceSeconds += sample.load.serviceMs / 1000;
      addBuckets(this.service, sample.load.service);
      addBuckets(this.wait, sample.load.wait);
    } else if (known(sample.statsd)) {
      this.seen.requests = true;
      this.requests += sample.statsd.requests;
      this.serviceSeconds += sample.statsd.durationSumMs / 1000;
      addBuckets(this.service, sample.statsd.durations);
    }
    if (known(sample.boots)) {
      this.seen.boots = true;
      this.bootFailures += sample.boots.failures;
    }
    if (known(sample.cpu)) {
      this.seen.cpu = true;
      this.workerCpuSeconds += sample.cpu.workerCores * sample.elapsedMs / 1000;
    }
  }

  /** Ticks by what they decided. */
  decisions(): { readonly action: string; readonly reason: string; readonly count: number }[] {
    return [...this.#decisions].map(([key, count]) => {
      const [action = "", reason = ""] = key.split(" ");
      return { action, reason, count };
    });
  }
}
