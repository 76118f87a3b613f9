/** How uWSGI's "cheaper" subsystem is set for the comparison, and why. */

/**
 * The settings that production guides pass on (Bloomberg's "Configuring uWSGI for production deployment"), the step in
 * the same proportion to the maximum.
 */
export const BUSYNESS: readonly string[] = busyness({
  max: 70,
  min: 20,
  multiplier: 30,
  step: 4,
  backlogAlert: 16,
  backlogStep: 2,
});

/**
 * The best of the settings we tried on the burst scenario: a waiting request brings 8 workers within a
 * second, and a second without any takes one away. Of the others tried, a multiplier of 3 kept the same share
 * for 30 % more worker-seconds.
 */
export const TUNED_BUSYNESS: readonly string[] = [
  ...busyness({ max: 70, min: 45, multiplier: 1, step: 4, backlogAlert: 1, backlogStep: 8 }),
  ...["--cheaper-busyness-backlog-nonzero", "1"],
];

interface Busyness {
  /** Percent of its time busy above which a worker calls for more, and below which it counts as idle. */
  readonly max: number;
  readonly min: number;
  /** Cycles of a second that it must be idle before one stops. */
  readonly multiplier: number;
  /** Workers added at once. */
  readonly step: number;
  /** Waiting requests that call for `backlogStep` workers at once. */
  readonly backlogAlert: number;
  readonly backlogStep: number;
}

function busyness(settings: Busyness): string[] {
  return [
    ...["--cheaper-algo", "busyness", "--cheaper-overload", "1", "--cheaper-step", String(settings.step)],
    ...["--cheaper-busyness-max", String(settings.max), "--cheaper-busyness-min", String(settings.min)],
    ...["--cheaper-busyness-multiplier", String(settings.multiplier)],
    ...["--cheaper-busyness-backlog-alert", String(settings.backlogAlert)],
    ...["--cheaper-busyness-backlog-step", String(settings.backlogStep)],
  ];
}

/** uWSGI's default: when all workers are busy for a second, 4 more. */
export const SPARE: readonly string[] = [
  "--cheaper-algo",
  "spare",
  "--cheaper-overload",
  "1",
  "--cheaper-step",
  "4",
];
