import type { Decision } from "../core/reason.ts";
import { known } from "../core/sample.ts";
import { explain } from "./explain.ts";

/** A state that lasts is said again after this long, with how often it was decided. */
const REMIND_MS = 300_000;
/** A state must last this long before it is said at all: what flickers from tick to tick is no news. */
const SETTLE_MS = 1_000;

/** A line to be logged. */
export interface DecisionLine {
  readonly level: "info" | "debug";
  readonly text: string;
  readonly decision: Decision;
}

/**
 * Which decisions become log lines: every change, and every noteworthy state once. Holding because all is well is not
 * noteworthy; holding although more is wanted, or although requests are slow, is.
 */
export class DecisionLog {
  readonly #sloP95Ms: () => number;
  #state: string | undefined;
  #sinceMs = 0;
  #saidAtMs: number | undefined;
  readonly #lastSaidMs = new Map<string, number>();

  constructor(sloP95Ms: () => number) {
    this.#sloP95Ms = sloP95Ms;
  }

  /** The line for this decision; undefined when it says nothing new. */
  lineFor(decision: Decision): DecisionLine | undefined {
    const text = () => explain(decision, this.#sloP95Ms());
    if (decision.action !== "hold") {
      this.#state = undefined;
      return { level: "info", text: text(), decision };
    }
    const state = noteworthy(decision);
    if (state !== this.#state) {
      this.#state = state;
      this.#sinceMs = decision.nowMs;
      this.#saidAtMs = undefined;
    }
    if (state === undefined || decision.nowMs - this.#sinceMs < SETTLE_MS) return undefined;
    const lastSaid = this.#saidAtMs ?? this.#lastSaidMs.get(state) ?? -Infinity;
    if (decision.nowMs - lastSaid < REMIND_MS) return undefined;
    this.#saidAtMs = decision.nowMs;
    this.#lastSaidMs.set(state, decision.nowMs);
    return { level: "info", text: text(), decision };
  }
}

function noteworthy(decision: Decision): string | undefined {
  const { code } = decision.reason;
  if (code === "slow-not-starved" || code === "no-gain" || code === "no-data") return code;
  if (code === "at-bound" && known(decision.limitedBy)) return `${code} ${decision.limitedBy.why.code}`;
  return undefined;
}
