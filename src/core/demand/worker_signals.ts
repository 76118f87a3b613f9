import type { SignalName } from "../reason.ts";
import type { Observed } from "./observed.ts";

/** Workers that a signal wants; 0 when it wants none. */
export type Signal = (observed: Observed) => number;

/** How a kind of worker is sized. */
export interface WorkerSignals {
  /** Of signals that want as many the first is named as the reason. */
  readonly signals: readonly (readonly [name: SignalName, wants: Signal])[];
  /** Workers that would still do at a load larger by the margin for going down. */
  readonly enough: Signal;
}
