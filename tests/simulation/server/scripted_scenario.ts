import type { Maybe } from "../../../src/core/sample.ts";
import { parsePhases } from "../../../src/simulation/load/phases.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../../../src/simulation/server/scenario.ts";
import { parseServiceTime } from "../../../src/simulation/load/service_time.ts";

/** A scenario from its words, without the request's own overhead unless asked for. */
export function scenario(load: string, service: string, more: Partial<Scenario> = {}): Scenario {
  return {
    ...DEFAULT_SCENARIO,
    requestCpuMs: 0,
    load: parsePhases(load),
    service: parseServiceTime(service),
    ...more,
  };
}

/** The value of a reading that the test knows to be there. */
export function must<T>(value: Maybe<T> | undefined): T {
  if (value === "unknown" || value === undefined) throw new Error("a reading is missing");
  return value as T;
}
