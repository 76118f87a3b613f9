import { Random } from "../server/random.ts";
import type { Scenario } from "../server/scenario.ts";
import { type ServiceSampler, serviceSampler, type ServiceTime } from "./service_time.ts";

/** What the requests of each segment of the load take; segments with the same service time share their sampler. */
export function draws(scenario: Scenario): ServiceSampler[] {
  const random = new Random(scenario.seed, 2);
  const known = new Map<ServiceTime, ServiceSampler>();
  return scenario.load.map((segment) => {
    const service = segment.service ?? scenario.service;
    let draw = known.get(service);
    if (!draw) known.set(service, draw = serviceSampler(service, random));
    return draw;
  });
}
