import { isAsync } from "../../core/kinds.ts";
import { policyOf } from "../../settings/policy.ts";
import type { Settings } from "../../settings/settings.ts";
import { autoscaler } from "../controllers/autoscaler_controller.ts";
import { run } from "../server/engine.ts";
import type { Scenario } from "../server/scenario.ts";

/** A setting that is searched. */
export interface Candidate {
  readonly name: keyof Settings & string;
  readonly values: readonly number[];
}

/** The settings that are searched, each with the values tried. The others stay as they are given. */
export const CANDIDATES: readonly Candidate[] = [
  { name: "targetUtilization", values: [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1] },
  { name: "idleSeconds", values: [0.5, 1, 2, 3, 5, 10, 20, 40] },
  { name: "windowSeconds", values: [1, 2, 4, 7, 10, 15, 25, 40] },
  { name: "burstWindowSeconds", values: [0.5, 1, 2, 3, 5] },
  { name: "burstRpsJump", values: [2, 5, 10, 20] },
  { name: "downCooldownMs", values: [0, 500, 1000, 3000, 10_000] },
  { name: "noDownscaleMsAfterUp", values: [0, 1000, 2000, 5000, 15_000] },
];
const ASYNC_CANDIDATES = [{ name: "targetConcPerWorker" as const, values: [5, 10, 25, 50, 100] }];

/** The result of a trial, over all seeds. */
export interface Trial {
  readonly settings: Settings;
  /** The least share within SLO that any seed gave, 0..1. */
  readonly share: number;
  /** Mean over the seeds. */
  readonly workerSeconds: number;
}

/** The result of the search. */
export interface Tuning {
  readonly before: Trial;
  readonly best: Trial;
  readonly trials: number;
  /** Settings of `best` that differ from those given. */
  readonly changed: readonly (keyof Settings & string)[];
  /** Whether the search ended by itself rather than by the time limit. */
  readonly complete: boolean;
}

/** What is searched for, and for how long. */
export interface TuningOptions {
  /** Share within SLO to hold, 0..1. */
  readonly share: number;
  readonly initialWorkers: number;
  /** Asked between trials; true ends the search with the best so far. */
  readonly stop?: () => boolean;
  readonly progress?: (trials: number, best: Trial) => void;
}

/** Settings must hold for more than one seed. */
const SEEDS = 3;

/**
 * Searches the settings for the least worker-seconds that hold the share: one setting at a time through its values,
 * keeping what is best, until a whole round brings nothing. Deterministic unless stopped.
 */
export function tune(scenario: Scenario, settings: Settings, options: TuningOptions): Tuning {
  const { share, stop = () => false, progress = () => {} } = options;
  const candidates = isAsync(scenario.model.kind) ? [...ASYNC_CANDIDATES, ...CANDIDATES] : CANDIDATES;
  let trials = 0;
  const attempt = (tried: Settings): Trial => {
    trials++;
    let worst = 1, workerSeconds = 0;
    for (let i = 0; i < SEEDS; i++) {
      const controller = autoscaler(policyOf(tried), {
        tickMs: tried.tickMs,
        initialWorkers: options.initialWorkers > 0 ? options.initialWorkers : tried.minWorkers,
      });
      const result = run({ ...scenario, seed: scenario.seed + i }, controller);
      worst = Math.min(worst, result.shareWithinSlo);
      workerSeconds += result.workerSeconds / SEEDS;
    }
    return { settings: tried, share: worst, workerSeconds };
  };
  const before = attempt(settings);
  const { best, complete } = descend(before, candidates, (trial, best) => {
    if (stop()) return "stop";
    const tried = attempt({ ...best.settings, ...trial });
    return better(tried, best, share) ? tried : undefined;
  }, (one) => progress(trials, one));
  const changed = candidates.map(({ name }) => name).filter((name) => best.settings[name] !== settings[name]);
  return { before, best, trials, changed, complete };
}

/**
 * One setting at a time through its values, keeping what is better, until a whole round brings nothing. `attempt` gives what
 * is better than the best with one setting changed, nothing, or the order to stop.
 */
export function descend<Settings extends object, Best extends { readonly settings: Settings }>(
  start: Best,
  candidates: readonly { readonly name: keyof Settings & string; readonly values: readonly number[] }[],
  attempt: (changed: Partial<Settings>, best: Best) => Best | "stop" | undefined,
  onBetter: (best: Best) => void,
): { best: Best; complete: boolean } {
  let best = start;
  for (let improved = true; improved;) {
    improved = false;
    for (const { name, values } of candidates) {
      for (const value of values) {
        if (best.settings[name] === value) continue;
        const tried = attempt({ [name]: value } as Partial<Settings>, best);
        if (tried === "stop") return { best, complete: false };
        if (tried === undefined) continue;
        best = tried;
        improved = true;
        onBetter(best);
      }
    }
  }
  return { best, complete: true };
}

/** Holding the share comes first, then cost; a gain under half a percent is noise. */
function better(trial: Trial, best: Trial, share: number): boolean {
  const holds = trial.share >= share;
  if (best.share < share) return holds || trial.share > best.share + 1e-4;
  return holds && trial.workerSeconds < best.workerSeconds * 0.995;
}
