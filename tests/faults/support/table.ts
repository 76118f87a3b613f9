/** The table of docs/reliability.md, from what was recorded. */
import type { Outcome } from "./fault.ts";

/** One row a fault, in the order of the files: what held, how long until steady, and what was seen of the others. */
export function faultTable(outcomes: readonly Outcome[]): string {
  const rows = [
    "| fault | what held | passed | until steady: median | slowest | bare gunicorn | Rust program |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  const names = [...new Set(outcomes.map((outcome) => outcome.fault))].sort();
  for (const name of names) {
    const all = outcomes.filter(({ fault }) => fault === name);
    const ours = all.filter(({ server }) => server === "autoscaler");
    const times = ours.flatMap(({ steadyMs }) => steadyMs === undefined ? [] : [steadyMs]).sort((a, b) =>
      a - b
    );
    const cells = [
      name,
      all[0]!.holds,
      String(ours.length),
      duration(times[Math.floor((times.length - 1) / 2)]),
      duration(times.at(-1)),
      observed(all, "gunicorn"),
      observed(all, "rust"),
    ];
    rows.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
  return rows.join("\n");
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
  const steady = seen.steadyMs === undefined ? "" : `steady after ${duration(seen.steadyMs)}`;
  return [steady, seen.seen ?? ""].filter((part) => part !== "").join(", ");
}

function duration(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
