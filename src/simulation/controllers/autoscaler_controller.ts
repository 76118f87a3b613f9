import { Autoscaler } from "../../core/autoscaler.ts";
import type { PolicySettings } from "../../core/policy_settings.ts";
import type { Decision } from "../../core/reason.ts";
import type { Sample } from "../../core/sample.ts";
import { explain } from "../../wording/reasons.ts";
import { type Controller, DOORBELL } from "./controller.ts";

/** Sees every tick of the law. */
export type OnTick = (sample: Sample, decision: Decision) => void;

/** The law that runs in production, driven by the simulation. Sees every Sample and Decision through `onTick`. */
export function autoscaler(
  settings: PolicySettings,
  options: {
    readonly name?: string;
    readonly tickMs?: number;
    readonly initialWorkers?: number;
    readonly onTick?: OnTick;
  } = {},
): Controller {
  const initialWorkers = options.initialWorkers ?? settings.minWorkers;
  const law = new Autoscaler(settings, initialWorkers);
  let last: Decision | undefined;
  return {
    name: options.name ?? "autoscaler",
    tickMs: options.tickMs ?? 100,
    initialWorkers,
    actuation: DOORBELL,
    sleeps: true,
    tick(sample) {
      last = law.step(sample, settings);
      options.onTick?.(sample, last);
      return last.target;
    },
    oneAtATime: () => law.oneAtATime,
    reason: () => last ? explain(last, settings.sloP95Ms) : "",
  };
}
