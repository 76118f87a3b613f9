import type { StandingOrder } from "../core/policy/standing_order.ts";

/** What an operator set, in words: "pinned at 6 workers by hand, 9 min left". */
export function orderText({ order, untilMs }: StandingOrder, nowMs: number): string {
  const left = untilMs === Infinity ? "" : `, ${duration(untilMs - nowMs)} left`;
  switch (order.kind) {
    case "auto":
      return "scaling automatically";
    case "paused":
      return `paused by hand${left}`;
    case "pinned":
      return `pinned at ${order.workers} ${order.workers === 1 ? "worker" : "workers"} by hand${left}`;
  }
}

/** A time span in its two largest units: "45 s", "9 min 5 s", "2 h 5 min", "3 d 4 h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  const parts: string[] = [];
  let rest = seconds;
  for (const [size, unit] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ");
}
