import { middleMs } from "../../../src/core/histogram.ts";
import type { Distribution } from "../../../src/simulation/load/service_time.ts";

/** Mean of a distribution, ms. */
export function meanMs(distribution: Distribution): number {
  switch (distribution.kind) {
    case "constant":
      return distribution.ms;
    case "exponential":
      return distribution.meanMs;
    case "lognormal":
      return distribution.medianMs * Math.exp(distribution.sigma ** 2 / 2);
    case "buckets": {
      let sum = 0, n = 0;
      for (let i = 0; i < distribution.counts.length; i++) {
        n += distribution.counts[i]!;
        sum += distribution.counts[i]! * middleMs(i);
      }
      return n > 0 ? sum / n * distribution.scale : 0;
    }
    case "observed": {
      let sum = 0;
      for (let i = 0; i < distribution.ms.length; i++) sum += distribution.ms[i]!;
      return distribution.ms.length > 0 ? sum / distribution.ms.length * distribution.scale : 0;
    }
  }
}
