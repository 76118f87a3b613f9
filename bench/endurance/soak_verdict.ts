/** Whether a soak was flat: pure, so that it can be tried on made-up samples. */
import { linearRegression, linearRegressionLine } from "simple-statistics";
import type { SoakSample } from "./soak_sample.ts";

/** What may grow by how much between the warm-up and the end, by the line fitted to all samples after it. */
const GROWTH_BOUNDS = {
  /** V8's heap varies by some MB, and the shorter the soak the more of it is warm-up. */
  anonymousBytes: 10e6,
  descriptors: 2,
  threads: 1,
  files: 1,
} as const;

/** The count of workers may differ from what was asked for so long: drains, boots, and a busy machine. */
export const DRIFT_S = 10;
/** No decision may come later than that after the one before. */
export const TICK_S = 2;
/** The first third is warm-up. */
const WARM_UP_SHARE = 1 / 3;

/** How one figure changed from the warm-up to the end. */
export interface Trend {
  readonly name: keyof typeof GROWTH_BOUNDS;
  /** By the fitted line. */
  readonly first: number;
  readonly last: number;
  readonly most: number;
  readonly bound: number;
}

/** The verdict on a soak. */
export interface Verdict {
  readonly trends: readonly Trend[];
  readonly longestDriftS: number;
  readonly longestTickS: number;
  /** Bounds that were broken, a sentence each; empty for a good soak. */
  readonly faults: readonly string[];
}

/** Judges the samples of a soak, at least three, in order of their time. */
export function judge(samples: readonly SoakSample[]): Verdict {
  const endS = samples.at(-1)!.atS;
  const warm = samples.filter(({ atS }) => atS >= endS * WARM_UP_SHARE);
  const trends = (Object.keys(GROWTH_BOUNDS) as (keyof typeof GROWTH_BOUNDS)[]).map((name): Trend => {
    const line = fit(warm.map((sample) => [sample.atS, sample[name]]));
    const most = Math.max(...warm.map((sample) => sample[name]));
    return { name, first: line(warm[0]!.atS), last: line(endS), most, bound: GROWTH_BOUNDS[name] };
  });
  const longestDriftS = longestDrift(samples);
  const longestTickS = samples.at(-1)!.longestTickS;
  const faults = trends.filter(({ first, last, bound }) => last - first > bound).map(({ name, ...trend }) =>
    `${name} grew from ${trend.first.toFixed(1)} to ${trend.last.toFixed(1)}, by more than ${trend.bound}`
  );
  if (longestDriftS > DRIFT_S) {
    faults.push(`the count was not what was asked for during ${longestDriftS.toFixed(1)} s`);
  }
  // Written so that a figure that could not be read is a fault too.
  if (!(longestTickS <= TICK_S)) faults.push(`a decision came ${longestTickS} s after the one before`);
  return { trends, longestDriftS, longestTickS, faults };
}

/** The least-squares line through points. */
export function fit(points: readonly (readonly [x: number, y: number])[]): (x: number) => number {
  return linearRegressionLine(linearRegression(points.map(([x, y]) => [x, y])));
}

/** The longest time during which every sample saw another count than the one asked for, s. */
function longestDrift(samples: readonly SoakSample[]): number {
  let sinceS: number | undefined;
  let longestS = 0;
  for (const { atS, workers, target } of samples) {
    if (workers === target) sinceS = undefined;
    else {
      sinceS ??= atS;
      longestS = Math.max(longestS, atS - sinceS);
    }
  }
  return longestS;
}
