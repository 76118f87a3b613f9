import { SECOND_MS } from "../constants.ts";
import { isAsync } from "../kinds.ts";
import type { Facts } from "../reason.ts";
import { known, queuedNow } from "../sample.ts";
import { rpsOf } from "./burst.ts";
import { loopState } from "./event_loops.ts";
import { requestsHang } from "./hanging.ts";
import { utilizationOf } from "./objective.ts";
import type { Observed } from "./observed.ts";

/** What the words of the decision are made of. */
export function factsOf(observed: Observed): Facts {
  const { sample, history, settings, recent, second, serviceMs, steadyErlangs } = observed;
  const { load, cpu, model } = sample;
  return {
    rps: rpsOf(second),
    finishedRps: recent.spanMs > 0 ? (recent.finished * SECOND_MS) / recent.spanMs : 0,
    hangs: !isAsync(model.kind) && requestsHang(observed),
    erlangs: steadyErlangs,
    inFlight: known(load) ? load.inFlight : "unknown",
    queued: queuedNow(sample),
    serviceMs,
    p95Ms: history.durationQuantileMs(settings.windowMs, 0.95),
    recentP95Ms: history.durationQuantileMs(settings.burstWindowMs, 0.95),
    utilization: utilizationOf(sample, second),
    streamWorkers: known(load) ? load.streamWorkers : 0,
    openStreams: known(load) ? load.websockets + load.streams : 0,
    loopsBusy: loopState(second).erlangs,
    loopWaitMs: loopState(second).waitMs,
    workerCores: known(cpu) && second.spanMs > 0 ? second.cpuMs / second.spanMs : "unknown",
    limitCores: known(cpu) ? cpu.limitCores : "unknown",
  };
}
