import type { Removal } from "../bounds/memory.ts";
import type { PolicySettings } from "../policy_settings.ts";
import type { Bounds, Demand, Reason } from "../reason.ts";
import type { Maybe } from "../sample.ts";
import { SlidingMax } from "../sliding_max.ts";
import { type FlatHold, NO_RETURN } from "./flat_hold.ts";
import { type EndedRequests, type Gradient, NO_GROWTH } from "./gradient.ts";
import type { LearnedHold } from "./hold.ts";
import type { Order } from "./standing_order.ts";
import type { StartHold } from "./start_hold.ts";

/** What the policy remembers. Times are the sample's monotonic ms; -Infinity for "never". */
export interface PolicyState extends LearnedHold, FlatHold {
  readonly target: number;
  readonly lastUpAtMs: number;
  readonly lastBurstAtMs: number;
  readonly lastDownAtMs: number;
  /** Since when fewer workers would do; Infinity when they would not. */
  readonly lowSinceMs: number;
  /** What growth has brought. */
  readonly gradient: Gradient;
  /** The numbers of workers that were enough during the hold, within bounds. */
  readonly enoughInHold: SlidingMax;
}

/** A fresh state: nothing remembered but the number of workers there are. */
export function initialPolicy(target: number): PolicyState {
  return {
    target,
    lastUpAtMs: -Infinity,
    lastBurstAtMs: -Infinity,
    lastDownAtMs: -Infinity,
    holdFactor: 1,
    holdChangedAtMs: -Infinity,
    returnedFrom: Infinity,
    ...NO_RETURN,
    lowSinceMs: Infinity,
    gradient: NO_GROWTH,
    enoughInHold: SlidingMax.EMPTY,
  };
}

/** What one decision rests on. */
export interface PolicyInput {
  readonly nowMs: number;
  readonly demand: Maybe<Demand>;
  /** Whether gunicorn has a worker; when left out, it has. */
  readonly hasWorkers?: boolean;
  readonly bounds: Bounds;
  /** A worker must be removed because memory is short, whatever the load asks for; undefined when none must. */
  readonly removal?: Removal | undefined;
  readonly settings: PolicySettings;
  readonly order: Order;
  /** How long a worker took to boot, ms; 0 when not known. */
  readonly bootMs: number;
  /** Requests one worker serves at once. */
  readonly slots: number;
  /** The most workers that the boots there may be at once lead to; Infinity when left out. */
  readonly mostByPace?: number;
  /** Requests that ended since the tick before. */
  readonly ended: EndedRequests;
  /** Variance of the service times over their squared mean; none, when left out. */
  readonly variation?: number;
  /** Whether what gunicorn was started with has shown that it is not needed; when left out, it has. */
  readonly start?: StartHold;
  /** Since when nothing but chance is known to have moved the load; Infinity where it moves. */
  readonly flatFromMs: number;
}

/** Where a decision leads. */
export interface Step {
  readonly target: number;
  readonly reason: Reason;
  /** What is remembered of it, beside the target. */
  readonly changes?: Partial<PolicyState>;
}
