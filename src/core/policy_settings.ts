/** The settings of the law, as plain numbers. Flags, variables and files are read in src/settings/. */
export interface PolicySettings {
  /** Never fewer workers than this. */
  readonly minWorkers: number;
  /** Never more workers than this. */
  readonly maxWorkers: number;
  /** The 95th percentile of waiting + service time that should hold, ms. */
  readonly sloP95Ms: number;
  /** Stable window: over this time load is averaged for everything that is no burst. */
  readonly windowMs: number;
  /** Hold: demand must have been lower this long before workers are removed. Learned upward when load keeps coming back. */
  readonly idleMs: number;
  /** Least time between two ordinary growths (bursts have their own). */
  readonly upCooldownMs: number;
  /** Least time between two shrinks. */
  readonly downCooldownMs: number;
  /** Least time from a growth to the next shrink. */
  readonly noDownscaleAfterUpMs: number;
  /** A worker with open websockets or event streams that is not needed is kept this long, ms; 0: until they end. */
  readonly streamGraceMs: number;
  /** Most workers added by one ordinary growth. */
  readonly maxStepUp: number;
  /** Requests in flight that one async worker should carry. */
  readonly targetConcPerWorker: number;
  /** Share of the workers' slots (or of a core, for async workers) that may be in use on average, 0..1. */
  readonly targetUtilization: number;
  /** Whether short windows are looked at for bursts. */
  readonly burstEnabled: boolean;
  /** The longest of the windows in which a burst is looked for. */
  readonly burstWindowMs: number;
  /** A burst's rate is at least this much above the rate before, requests/s. */
  readonly burstRpsJump: number;
  /** Below this rate, requests/s, nothing is a burst. */
  readonly burstMinRps: number;
  /** Most workers added by one burst growth. */
  readonly burstAddWorkers: number;
  /** Least time between two burst growths. */
  readonly burstCooldownMs: number;
  /** Share of the memory limit that growth may fill, 0..1. */
  readonly memoryShare: number;
  /** All workers stop after this time without requests; 0: never. */
  readonly sleepAfterMs: number;
  /** After so long the fork server goes too; 0: it stays. */
  readonly deepSleepAfterMs: number;
}

/** The defaults; src/settings/settings_table.ts documents each for users. Figures behind them: docs/decisions/. */
export const DEFAULT_POLICY: PolicySettings = {
  minWorkers: 2,
  maxWorkers: 5,
  sloP95Ms: 300,
  windowMs: 10_000,
  idleMs: 400,
  upCooldownMs: 0,
  downCooldownMs: 500,
  noDownscaleAfterUpMs: 1_500,
  streamGraceMs: 0,
  maxStepUp: 16,
  targetConcPerWorker: 25,
  targetUtilization: 0.85,
  burstEnabled: true,
  burstWindowMs: 3_000,
  burstRpsJump: 5,
  burstMinRps: 3,
  burstAddWorkers: 8,
  burstCooldownMs: 0,
  memoryShare: 0.9,
  sleepAfterMs: 0,
  deepSleepAfterMs: 0,
};
