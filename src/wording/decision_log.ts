import type { Decision } from "../core/reason.ts";
import { known } from "../core/sample.ts";
import { explain, isAssumedShort } from "./reasons.ts";

/** A state that lasts is logged again after this long. */
const REMIND_MS = 300_000;
/** A state must last this long before it is logged: what changes from tick to tick is noise. */
const SETTLE_MS = 1_000;
/** After so long it is a warning: gunicorn may import the application before it has a worker. */
const BLIND_MS = { "no-data": 8_000, "no-workers": 120_000 };

const BLIND_ADVICE = {
  "no-data": "start with the probe (--probe on), or have gunicorn's StatsD sent to --statsd-addr; " +
    "docs/troubleshooting.md says more",
  "no-workers": "it still imports or runs a hook, or cannot go on; look at its log",
};

/** A line to be logged. */
export interface DecisionLine {
  readonly level: "warn" | "info" | "debug";
  readonly text: string;
  readonly decision: Decision;
}

/**
 * Selects the decisions to log: every change, and every noteworthy state once. Noteworthy are holds although more is
 * wanted, although requests are slow, or because no signal can be read.
 */
export class DecisionLog {
  readonly #sloP95Ms: () => number;
  #state: string | undefined;
  #sinceMs = 0;
  #loggedAtMs: number | undefined;
  readonly #lastLoggedMs = new Map<string, number>();

  constructor(sloP95Ms: () => number) {
    this.#sloP95Ms = sloP95Ms;
  }

  /** The line for this decision; undefined when it is not new. */
  lineFor(decision: Decision): DecisionLine | undefined {
    const { code } = decision.reason;
    const text = () => explain(decision, this.#sloP95Ms());
    if (decision.action !== "hold") {
      this.#state = undefined;
      return { level: isTrouble(decision) ? "warn" : "info", text: text(), decision };
    }
    const state = noteworthy(decision);
    if (state !== this.#state) {
      this.#state = state;
      this.#sinceMs = decision.nowMs;
      this.#loggedAtMs = undefined;
    }
    const isBlind = state === "no-data" || state === "no-workers";
    if (state === undefined || decision.nowMs - this.#sinceMs < (isBlind ? BLIND_MS[state] : SETTLE_MS)) {
      return undefined;
    }
    const lastLogged = this.#loggedAtMs ?? this.#lastLoggedMs.get(state) ?? -Infinity;
    if (decision.nowMs - lastLogged < REMIND_MS) return undefined;
    this.#loggedAtMs = decision.nowMs;
    this.#lastLoggedMs.set(state, decision.nowMs);
    if (isBlind) return { level: "warn", text: `${text()}; ${BLIND_ADVICE[state]}`, decision };
    return { level: code === "minimum-short" ? "warn" : "info", text: text(), decision };
  }
}

function isTrouble({ reason: { code } }: Decision): boolean {
  return code === "oom-kill" || code === "memory-full";
}

function noteworthy(decision: Decision): string | undefined {
  const { code } = decision.reason;
  if (code === "minimum-short" && !isAssumedShort(decision.reason)) return code;
  if (code === "slow-not-starved" || code === "no-gain") return code;
  if (code === "no-data" || code === "no-workers") return code;
  if (code === "at-bound" && known(decision.limitedBy)) return `${code} ${decision.limitedBy.why.code}`;
  return undefined;
}
