/** A search for settings over all loads together, but for those that are kept out of it. */
import { DEFAULT_POLICY, type PolicySettings } from "../../src/core/policy_settings.ts";
import { autoscaler } from "../../src/simulation/controllers/autoscaler_controller.ts";
import { CANDIDATES, descend } from "../../src/simulation/report/tuning.ts";
import { run } from "../../src/simulation/server/engine.ts";
import { type LawLoad, lawLoads } from "./loads.ts";

/** The searched settings by the names of `simulate --tune`, in the law's own units. */
type Searched = Readonly<Record<string, number>>;
const IN_LAW: Readonly<Record<string, (value: number) => Partial<PolicySettings>>> = {
  targetUtilization: (targetUtilization) => ({ targetUtilization }),
  idleSeconds: (seconds) => ({ idleMs: 1000 * seconds }),
  windowSeconds: (seconds) => ({ windowMs: 1000 * seconds }),
  burstWindowSeconds: (seconds) => ({ burstWindowMs: 1000 * seconds }),
  burstRpsJump: (burstRpsJump) => ({ burstRpsJump }),
  downCooldownMs: (downCooldownMs) => ({ downCooldownMs }),
  noDownscaleMsAfterUp: (noDownscaleAfterUpMs) => ({ noDownscaleAfterUpMs }),
};
const DEFAULTS: Searched = {
  targetUtilization: DEFAULT_POLICY.targetUtilization,
  idleSeconds: DEFAULT_POLICY.idleMs / 1000,
  windowSeconds: DEFAULT_POLICY.windowMs / 1000,
  burstWindowSeconds: DEFAULT_POLICY.burstWindowMs / 1000,
  burstRpsJump: DEFAULT_POLICY.burstRpsJump,
  downCooldownMs: DEFAULT_POLICY.downCooldownMs,
  noDownscaleMsAfterUp: DEFAULT_POLICY.noDownscaleAfterUpMs,
};

/** No load may lose more of its share, 0..1, or take more worker-seconds, than this. */
const MOST_LOST = 0.0005;
const MOST_MORE = 1.03;
/** A gain under half a percent of the worker-seconds is chance. */
const LEAST_GAIN = 0.995;

interface Outcome {
  readonly share: number;
  readonly workerSeconds: number;
}

interface Trial {
  readonly settings: Searched;
  /** Worker-seconds as a share of those with the defaults, mean over the loads. */
  readonly cost: number;
}

/** Searches and prints what was found, for the loads searched and for those kept out. */
export function search(seeds: number): void {
  const searched = lawLoads.filter(({ keptOut }) => !keptOut);
  const before = new Map(lawLoads.map((load) => [load, outcome(load, DEFAULTS, seeds)]));
  const attempt = (settings: Searched, best: Trial): Trial | undefined => {
    let cost = 0;
    for (const load of searched) {
      const { share, workerSeconds } = outcome(load, settings, seeds);
      const usual = before.get(load)!;
      if (share < usual.share - MOST_LOST || workerSeconds > MOST_MORE * usual.workerSeconds) {
        return undefined;
      }
      cost += workerSeconds / usual.workerSeconds / searched.length;
    }
    return cost < LEAST_GAIN * best.cost ? { settings, cost } : undefined;
  };
  const { best } = descend<Searched, Trial>(
    { settings: DEFAULTS, cost: 1 },
    CANDIDATES,
    (changed, best) => attempt({ ...best.settings, ...changed } as Searched, best),
    ({ settings, cost }) => console.log(`${(100 * cost).toFixed(2)} %  ${JSON.stringify(settings)}`),
  );
  console.log(
    "load".padEnd(20) + "within SLO".padStart(12) + "found".padStart(10) + "worker-s".padStart(12) +
      "found".padStart(10),
  );
  for (const load of lawLoads) {
    const [usual, found] = [before.get(load)!, outcome(load, best.settings, seeds)];
    console.log(
      (load.name + (load.keptOut ? " *" : "")).padEnd(20) + percent(usual.share).padStart(12) +
        percent(found.share).padStart(10) + usual.workerSeconds.toFixed(0).padStart(12) +
        found.workerSeconds.toFixed(0).padStart(10),
    );
  }
}

function outcome(load: LawLoad, searched: Searched, seeds: number): Outcome {
  const settings = Object.entries(searched).reduce<PolicySettings>(
    (all, [name, value]) => ({ ...all, ...IN_LAW[name]!(value) }),
    load.settings,
  );
  let share = 0, workerSeconds = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const one = run(load.scenario(seed), autoscaler(settings, { initialWorkers: load.initialWorkers }));
    share += one.shareWithinSlo / seeds;
    workerSeconds += one.workerSeconds / seeds;
  }
  return { share, workerSeconds };
}

function percent(share: number): string {
  return (100 * share).toFixed(2) + " %";
}
