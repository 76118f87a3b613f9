import type { PolicySettings } from "../policy_settings.ts";

/** What an operator asked for by hand. */
export type Order =
  | { readonly kind: "auto" }
  | { readonly kind: "paused" }
  | { readonly kind: "pinned"; readonly workers: number };

/** Nothing was ordered: the law decides. */
export const AUTO: Order = { kind: "auto" };

/** An order and when it ends. */
export interface StandingOrder {
  readonly order: Order;
  /** Monotonic ms; Infinity for an order that stands until it is taken back. */
  readonly untilMs: number;
}

/** Nothing was ordered. */
export const AUTOMATIC: StandingOrder = { order: AUTO, untilMs: Infinity };

/** The order that stands now: one that has ended is automatic scaling again. */
export function standingAt(standing: StandingOrder, nowMs: number): StandingOrder {
  return nowMs >= standing.untilMs ? AUTOMATIC : standing;
}

/** The order within the bounds that an operator set: the minimum and maximum hold for pinned counts too. */
export function withinBounds(order: Order, settings: PolicySettings): Order {
  if (order.kind !== "pinned") return order;
  const workers = Math.min(settings.maxWorkers, Math.max(settings.minWorkers, order.workers));
  return workers === order.workers ? order : { kind: "pinned", workers };
}
