import { type Controller, DOORBELL } from "./controller.ts";
import { run } from "../server/engine.ts";
import type { Result } from "../report/result.ts";
import type { Scenario } from "../server/scenario.ts";

/**
 * How much sooner than its bare service time demands a request is started. The first is enough where requests wait;
 * where they share cores, how long they take depends on who else computes, so larger factors are tried until the share
 * holds.
 */
const CAUTION = [
  { stretch: 1, marginMs: 1 },
  { stretch: 1.1, marginMs: 4 },
  { stretch: 1.5, marginMs: 10 },
  { stretch: 2, marginMs: 20 },
  { stretch: 3, marginMs: 40 },
  { stretch: 5, marginMs: 60 },
  { stretch: 8, marginMs: 80 },
];

/**
 * The cost of a controller that knows every request in advance: a worker appears, without a boot, at the last
 * moment at which a request can still start to keep the SLO, and stops as soon as it has nothing to do. No
 * controller can need fewer worker-seconds for the same share (but for the little that another order of
 * requests would save). `share` is the share within SLO to hold, 0..1; where none of the tries holds it, the
 * best one stands.
 */
export function foresight(scenario: Scenario, minWorkers: number, maxWorkers: number, share = 0.995): Result {
  let best: Result | undefined;
  for (const caution of CAUTION) {
    const result = run(scenario, controller(minWorkers, maxWorkers, caution));
    if (!best || result.shareWithinSlo > best.shareWithinSlo) best = result;
    if (result.shareWithinSlo >= share) return result;
  }
  return best!;
}

function controller(
  minWorkers: number,
  maxWorkers: number,
  caution: { readonly stretch: number; readonly marginMs: number },
): Controller {
  return {
    name: "perfect foresight",
    tickMs: 1000,
    initialWorkers: minWorkers,
    actuation: DOORBELL,
    foresight: { minWorkers, maxWorkers, ...caution },
    tick: () => minWorkers,
    reason: () => "foresight",
  };
}
