/**
 * The latency buckets that probe, StatsD, simulator and metrics share: log-linear, four per octave.
 *
 * Unit u = 65.536 us (nanoseconds >> 16). Bucket i covers, in u: [i, i+1) for i < 4; above, octave o = i/4 | 0 and
 * quarter q = i % 4 give [2^(o+1) * (1 + q/4), one quarter more). So 0..0.26 ms is linear and the last bucket starts at
 * 7.5 s; longer counts there. Each bucket is at most 25 % wide; interpolation keeps quantiles within about 5 %.
 */

/** Number of buckets. */
export const BUCKETS = 64;

const UNIT_MS = 65536 / 1e6;

/** Lower bound of bucket i in ms; lowerBoundMs(BUCKETS) is the upper bound of the last. */
export function lowerBoundMs(i: number): number {
  if (i < 4) return i * UNIT_MS;
  return 2 ** (Math.floor(i / 4) + 1) * (1 + (i % 4) / 4) * UNIT_MS;
}

/** What stands for the durations in bucket i, ms: its middle. */
export function middleMs(i: number): number {
  return (lowerBoundMs(i) + lowerBoundMs(i + 1)) / 2;
}

/** The bucket of a duration in ms; negative and NaN count as 0. */
export function bucketOf(ms: number): number {
  const units = Math.floor(Math.min(ms, 1e9) / UNIT_MS);
  if (!(units >= 4)) return units > 0 ? units : 0;
  const exponent = Math.floor(Math.log2(units)); // >= 2
  const quarter = Math.floor((units / 2 ** exponent - 1) * 4);
  return Math.min(BUCKETS - 1, 4 * (exponent - 1) + quarter);
}

/** Number of values in the buckets. */
export function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

/**
 * The q-quantile (0..1) in ms, linear inside its bucket; "unknown" when the buckets are empty.
 * Example: 10 values in the bucket 4.19..5.24 ms: the 0.5-quantile is 4.72 ms.
 */
export function quantileMs(counts: ArrayLike<number>, q: number): number | "unknown" {
  const n = total(counts);
  if (n <= 0) return "unknown";
  const rank = q * n;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count > 0 && below + count >= rank) {
      const low = lowerBoundMs(i);
      return low + (lowerBoundMs(i + 1) - low) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return lowerBoundMs(counts.length);
}

/**
 * How much the values vary: variance over squared mean, from the buckets' middles. 0 for a constant, 1 for exponential
 * times; "unknown" when the buckets are empty.
 */
export function variationOf(counts: ArrayLike<number>): number | "unknown" {
  let n = 0, sum = 0, squares = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    const ms = middleMs(i);
    n += count;
    sum += count * ms;
    squares += count * ms * ms;
  }
  return sum > 0 ? Math.max(0, (squares * n) / (sum * sum) - 1) : "unknown";
}
