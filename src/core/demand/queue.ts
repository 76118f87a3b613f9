import { LATE_BOOT_FACTOR, LATE_BOOT_UNKNOWN_MS, LEAD_TICKS, SECOND_MS } from "../constants.ts";
import type { History } from "../history.ts";
import { arrivingPerMs, occupiedPerRequestMs } from "./offered_load.ts";
import { known, queuedNow, type Sample, type WorkerCounts } from "../sample.ts";
import type { WaitGoal } from "./delay_formula.ts";
import { roundUp } from "../round_up.ts";

/** What the queue's demand is made from. */
export interface QueueInput {
  readonly sample: Sample;
  readonly history: History;
  readonly counts: WorkerCounts;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
}

/**
 * Workers that serve the queue in the time a request may wait, beside what goes on arriving. The queue is first in, first
 * out: its last request waits queued * service / slots, whatever arrives behind it. What counts is the queue at the time a
 * worker asked for now can help: it grows meanwhile by what comes more than the slots can take, and one that does not
 * grow wants none. Asks for nothing while booting workers have not had their chance.
 * Example: 3 wait behind 2 sync workers of 60 ms, 60 requests/s come and 33 can be served, boots take 40 ms: in 240 ms
 * 9.4 will wait, the last for 283 ms. The goal is 240: act.
 *
 * With boots longer than a request may wait, requests that wait now cannot be helped. There, workers are for the queue that
 * will have come by the end of the boot, to be served within another boot, and booting ones do not hold more back.
 * @param steadyErlangs lower estimate of the load beside the queue
 * @param burstErlangs the same for a burst that is on, else 0
 */
export function queueWorkers(
  input: QueueInput,
  goal: WaitGoal,
  steadyErlangs: number,
  burstErlangs: number,
): number {
  const { sample, counts, bootMs } = input;
  const queued = queuedNow(sample);
  if (!known(queued) || queued <= 0) return 0;
  const isLate = bootMs > goal.waitMs;
  if (!isLate && stillBooting(input)) return 0;
  const slots = sample.model.slots;
  const servers = Math.max(1, (counts.ready + (isLate ? 0 : counts.booting)) * slots);
  const leadMs = Math.max(0, bootMs - counts.oldestBootMs) + LEAD_TICKS * sample.elapsedMs;
  const { comingPerMs, serviceMs } = paceOf(input, goal);
  const queuedThen = queued + Math.max(0, comingPerMs - servers / serviceMs) * leadMs;
  if ((queuedThen * serviceMs) / servers <= goal.waitMs) return 0;
  const [load, waiting, withinMs] = isLate
    ? [Math.max(steadyErlangs, burstErlangs), queuedThen, bootMs]
    : [steadyErlangs, queued, goal.waitMs];
  // However short the wait may be, a waiting request needs one slot at most.
  const erlangs = load + waiting * Math.min(1, goal.serviceMs / withinMs);
  return roundUp(erlangs / slots);
}

/** How fast requests come, and how long a slot is taken by one. */
function paceOf({ sample, history }: QueueInput, goal: WaitGoal) {
  const second = history.sums(SECOND_MS);
  return {
    comingPerMs: arrivingPerMs(history, sample.elapsedMs),
    // Requests that hang do not finish and so are not in the mean; slots that stay occupied show them.
    serviceMs: Math.max(goal.serviceMs, occupiedPerRequestMs(second, 1)),
  };
}

/** True while workers that were asked for have not had the time to help: more of them would be asked for nothing. */
function stillBooting({ counts, bootMs }: QueueInput): boolean {
  return counts.booting > 0 &&
    counts.oldestBootMs < (bootMs > 0 ? LATE_BOOT_FACTOR * bootMs : LATE_BOOT_UNKNOWN_MS);
}
