import { BUCKETS, lowerBoundMs, middleMs, total } from "../../core/histogram.ts";
import type { Buckets } from "../../core/sample.ts";
import type { MetricSample } from "./metric.ts";

/** Every fourth bound of our buckets: whole octaves, so that the counts are exact and the text stays short. */
const BOUNDS = Array.from({ length: BUCKETS / 4 - 1 }, (_, i) => 4 * (i + 1));

/**
 * The lines of a histogram. `sumSeconds`: undefined where only the buckets are known; their middles then
 * stand for the values.
 */
export function histogramSamples(counts: Buckets, sumSeconds: number | undefined): MetricSample[] {
  const samples: MetricSample[] = [];
  let below = 0, at = 0, middles = 0;
  for (const bound of BOUNDS) {
    while (at < bound) below += counts[at++]!;
    const le = String(Number((lowerBoundMs(bound) / 1000).toPrecision(12)));
    samples.push({ suffix: "_bucket", labels: { le }, value: below });
  }
  for (let i = 0; i < BUCKETS; i++) middles += counts[i]! * middleMs(i) / 1000;
  const all = total(counts);
  return [
    ...samples,
    { suffix: "_bucket", labels: { le: "+Inf" }, value: all },
    { suffix: "_sum", value: sumSeconds ?? middles },
    { suffix: "_count", value: all },
  ];
}
