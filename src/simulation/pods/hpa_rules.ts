/** At most so many pods, or percent of the pods, in a period. */
export interface ScalingPolicy {
  readonly kind: "pods" | "percent";
  readonly value: number;
  readonly periodMs: number;
}

/** One direction of an HPA's `behavior`; of several policies the one that allows the larger change holds. */
export interface ScalingRules {
  readonly stabilizationMs: number;
  readonly policies: readonly ScalingPolicy[];
}

/** An HPA's `behavior`. */
export interface Behavior {
  readonly up: ScalingRules;
  readonly down: ScalingRules;
}

/** A change of the number of pods that was made: `by` is negative when pods went. */
export interface Change {
  readonly atMs: number;
  readonly by: number;
}

/** What Kubernetes does where an HPA names no `behavior`. */
export const KUBERNETES_BEHAVIOR: Behavior = {
  up: {
    stabilizationMs: 0,
    policies: [{ kind: "percent", value: 100, periodMs: 15_000 }, {
      kind: "pods",
      value: 4,
      periodMs: 15_000,
    }],
  },
  down: { stabilizationMs: 300_000, policies: [{ kind: "percent", value: 100, periodMs: 15_000 }] },
};

/**
 * `wanted` as far as the policies let it: each counts from the number of pods at the beginning of its period.
 * Example: 6 pods, of which 2 came 10 s ago, 100 % in 15 s: 4 at the beginning, so 8 at most.
 */
export function limited(
  current: number,
  wanted: number,
  { nowMs, changes, up, down }: Behavior & { readonly nowMs: number; readonly changes: readonly Change[] },
): number {
  const before = (periodMs: number) =>
    changes.reduce((pods, { atMs, by }) => atMs > nowMs - periodMs ? pods - by : pods, current);
  if (wanted > current) {
    const most = up.policies.map(({ kind, value, periodMs }) => {
      const start = before(periodMs);
      return kind === "pods" ? start + value : Math.ceil(start * (1 + value / 100));
    });
    return Math.min(wanted, Math.max(current, ...most));
  }
  const fewest = down.policies.map(({ kind, value, periodMs }) => {
    const start = before(periodMs);
    return kind === "pods" ? start - value : Math.floor(start * (1 - value / 100));
  });
  return Math.max(wanted, Math.min(current, ...fewest));
}
