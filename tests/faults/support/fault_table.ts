/** The table of docs/reliability.md, from what was recorded. */
import { list } from "../../../docs/list.ts";
import type { Outcome } from "./fault.ts";

/** The page says it once, of all faults that the server survives. */
const NONE_LOST = /^no request is lost, (?:and )?|[,;] (?:and )?no request is lost(?=[,;]|$)/;

/** An item for each fault, by name: what holds, and how long until steady. Below, what the other servers did. */
export function faultTable(outcomes: readonly Outcome[]): string {
  const ours: string[] = [];
  const others = ["| fault | bare gunicorn | Rust program |", "| --- | --- | --- |"];
  for (const name of [...new Set(outcomes.map((outcome) => outcome.fault))].sort()) {
    const all = outcomes.filter(({ fault }) => fault === name);
    const own = all.filter(({ server }) => server === "autoscaler");
    const times = own.flatMap(({ steadyMs }) => steadyMs === undefined ? [] : [steadyMs])
      .sort((a, b) => a - b);
    const median = times[Math.floor((times.length - 1) / 2)];
    const steady = times.length === 0 ? "" : ` (${duration(median)}, ${duration(times.at(-1))})`;
    ours.push(`**${name}**: ${all[0]!.holds.replace(NONE_LOST, "")}${steady}.`);
    if (own.length === all.length) continue;
    others.push(row([name, observed(all, "gunicorn"), observed(all, "rust")]));
  }
  if (others.length === 2) return list(ours);
  return [list(ours), "", "After the same fault, within 15 s:", "", ...others].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** `text` with `table` between its markers. Throws when they are missing. */
export function withTable(text: string, table: string): string {
  const [begin, end] = ["<!-- faults: begin -->", "<!-- faults: end -->"];
  const from = text.indexOf(begin), to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`Cannot write the table: the markers are missing, put ${begin} and ${end} into the page`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}

function observed(all: readonly Outcome[], server: Outcome["server"]): string {
  const seen = all.findLast((outcome) => outcome.server === server);
  if (seen === undefined) return "";
  const steady = seen.steadyMs === undefined ? "" : duration(seen.steadyMs);
  return [steady, seen.seen ?? ""].filter((part) => part !== "").join(", ");
}

function duration(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
