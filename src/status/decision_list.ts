import type { Decision } from "../core/reason.ts";
import type { DecisionReport } from "./status_types.ts";

/** So many of the last decisions can be asked for. */
export const KEPT_DECISIONS = 200;

/** The last decisions that the log has, newest last. */
export class DecisionList {
  readonly #kept: DecisionReport[] = [];
  #count = 0;

  /** `text`: the sentence as it was logged. `wallMs`: Unix ms. */
  add(decision: Decision, text: string, wallMs: number): DecisionReport {
    const report: DecisionReport = {
      id: ++this.#count,
      at: new Date(wallMs).toISOString(),
      action: decision.action,
      from: decision.current,
      to: decision.target,
      wanted: decision.wanted,
      reason: decision.reason.code,
      text,
    };
    this.#kept.push(report);
    if (this.#kept.length > KEPT_DECISIONS) this.#kept.shift();
    return report;
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  /** At most so many of the last, newest last. */
  last(most: number): DecisionReport[] {
    return most <= 0 ? [] : this.#kept.slice(-most);
  }
}
