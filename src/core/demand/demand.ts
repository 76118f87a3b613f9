import { bootsAreLate } from "../boot_time.ts";
import { isAsync } from "../kinds.ts";
import type { Demand, SignalDemand } from "../reason.ts";
import { factsOf } from "./facts.ts";
import { fell } from "./fall.ts";
import { LOOP_WORKERS } from "./loop_workers.ts";
import { type DemandInput, observe } from "./observed.ts";
import { SLOT_WORKERS } from "./slot_workers.ts";

/** Without any signal one worker is wanted. */
const NONE: SignalDemand = { signal: "none", workers: 1 };

/**
 * What each signal wants. wanted = the most that any wants, because each sees something the others cannot:
 * a slow dependency shows in slots, a stampede in the queue, a busy loop in CPU.
 */
export function demandOf(input: DemandInput): Demand {
  const observed = observe(input);
  const kind = isAsync(input.sample.model.kind) ? LOOP_WORKERS : SLOT_WORKERS;
  const signals = kind.signals
    .map(([signal, wants]) => ({ signal, workers: wants(observed) }))
    .filter(({ workers }) => workers > 0);
  // Workers that boot for long serve what has come meanwhile, and are not kept for that.
  const lasting = bootsAreLate(input.bootMs, input.settings)
    ? signals.filter(({ signal }) => signal !== "queue")
    : signals;
  const leading = signals.reduce<SignalDemand>((most, s) => s.workers > most.workers ? s : most, NONE);
  return {
    wanted: leading.workers,
    enough: Math.max(NONE.workers, kind.enough(observed), ...lasting.map(({ workers }) => workers)),
    by: leading.signal,
    fell: fell(input.history, input.settings.burstWindowMs),
    burst: leading.signal === "burst" || leading.signal === "queue",
    signals,
    facts: factsOf(observed),
  };
}
