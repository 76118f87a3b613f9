import type { StandingOrder } from "../core/policy/standing_order.ts";
import { duration, quantity } from "./format.ts";

/** What an operator set, in words: "pinned at 6 workers by hand, 9 min left". */
export function orderText({ order, untilMs }: StandingOrder, nowMs: number): string {
  const left = untilMs === Infinity ? "" : `, ${duration(untilMs - nowMs)} left`;
  switch (order.kind) {
    case "auto":
      return "scaling automatically";
    case "paused":
      return `paused by hand${left}`;
    case "pinned":
      return `pinned at ${quantity(order.workers, "worker")} by hand${left}`;
  }
}
