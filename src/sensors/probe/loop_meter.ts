/** From the tick counters of an event loop to what it did since the last look. */

import { LOOP_TICK_MS } from "../../core/constants.ts";
import type { LoopLoad } from "../../core/sample.ts";
import { type Look, LOOP_LAG_NS, LOOP_LATE_TICKS, LOOP_TICKS, loopLagMs, type SlotHead } from "./slot.ts";

/** As in probe/gunicorn_autoscaler_probe/worker/loop_lag.py. */
const LATE_MS = 3;
/** Counters may run ahead of the time that passed by so much; more is a jump, which no loop makes. */
const SLACK_MS = 1_000;

const NONE: LoopLoad = { busyMs: 0, ticks: 0, lateTicks: 0, lateMs: 0 };

/** Remembers where the counters of one worker's loop stood. */
export class LoopMeter {
  #before: LoopLoad | undefined;
  #busyMs: number;

  /** @param sinceBoot what the loop did since the boot of its worker counts as new */
  constructor(words: Float64Array, head: SlotHead, nowNs: number, sinceBoot: boolean) {
    this.#before = sinceBoot ? NONE : totals(words, head, { nowNs, isGone: false });
    this.#busyMs = this.#before?.busyMs ?? 0;
  }

  /** What the loop did in the `elapsedMs` up to now; undefined without a loop, and when its counters make no sense. */
  advance(words: Float64Array, head: SlotHead, look: Look, elapsedMs: number): LoopLoad | undefined {
    const now = totals(words, head, look);
    const before = this.#before;
    this.#before = now;
    if (now === undefined || before === undefined) {
      this.#busyMs = now?.busyMs ?? 0;
      return undefined;
    }
    const ticks = now.ticks - before.ticks;
    const lateTicks = now.lateTicks - before.lateTicks;
    const lateMs = now.lateMs - before.lateMs;
    const most = elapsedMs + SLACK_MS;
    const owedMs = now.busyMs - this.#busyMs;
    if (
      Math.abs(ticks) > most / LOOP_TICK_MS || Math.abs(lateTicks) > most / LOOP_TICK_MS ||
      Math.abs(lateMs) > most || Math.abs(owedMs) > most + LOOP_TICK_MS
    ) {
      this.#busyMs = now.busyMs;
      return undefined;
    }
    // A late tick proves its whole period at once: what is more than the time that passed is in the next look.
    const busyMs = Math.min(elapsedMs, Math.max(0, owedMs));
    this.#busyMs += busyMs;
    return {
      busyMs,
      ticks: Math.max(0, ticks),
      lateTicks: Math.max(0, lateTicks),
      lateMs: Math.max(0, lateMs),
    };
  }
}

/** What the loop did since its boot, with a tick that is due and has not come. */
function totals(words: Float64Array, head: SlotHead, { nowNs, isGone }: Look): LoopLoad | undefined {
  const lagMs = loopLagMs(words, head, nowNs);
  if (lagMs === "unknown") return undefined;
  const isLate = !isGone && lagMs > LATE_MS;
  const lateTicks = words[LOOP_LATE_TICKS]! + (isLate ? 1 : 0);
  const lateMs = words[LOOP_LAG_NS]! / 1e6 + (isLate ? lagMs : 0);
  return {
    busyMs: lateTicks * LOOP_TICK_MS + (lateTicks > 0 ? lateMs : 0),
    ticks: words[LOOP_TICKS]! + (isLate ? 1 : 0),
    lateTicks,
    lateMs,
  };
}
