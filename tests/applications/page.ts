/** The table of docs/applications.md, from what was seen. */
import type { Application } from "./catalog.ts";
import type { Lost, Trial } from "./trial.ts";

const [BEGIN, END] = ["<!-- applications: begin -->", "<!-- applications: end -->"];

/**
 * One row an application: bare / wrapped in each cell. Of those that were not tried both ways, the row that `page` has
 * stays.
 */
export function applicationsTable(
  applications: readonly Application[],
  trials: readonly Trial[],
  page = "",
): string {
  const rows = [
    "| application | its own line | lost, 1 → 4 → 1 workers | lost, reload | start, s | stop, s |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  for (const { name, packages, line } of applications) {
    const of = (way: Trial["way"]) => trials.find((one) => one.application === name && one.way === way);
    const [bare, wrapped] = [of("bare"), of("wrapped")];
    if (bare === undefined || wrapped === undefined) {
      const old = page.split("\n").find((row) => row.startsWith(`| ${name} `));
      if (old !== undefined) rows.push(old);
      continue;
    }
    const both = (cell: (trial: Trial) => string) => `${cell(bare)} / ${cell(wrapped)}`;
    const cells = [
      `${name} ${packages[0]!.split("==")[1]}`,
      `\`${line}\``,
      lost(bare.scaling, wrapped.scaling),
      lost(bare.reload, wrapped.reload),
      both(({ startS }) => startS.toFixed(1)),
      both(({ stopS, exitCode }) => `${stopS.toFixed(1)}${exitCode === 0 ? "" : ` with ${exitCode}`}`),
    ];
    rows.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
  return rows.join("\n");
}

/** "0 / 1 of 80", or "0 of 80 / 1 of 81". */
function lost(bare: Lost, wrapped: Lost): string {
  const first = bare.sent === wrapped.sent ? `${bare.lost}` : `${bare.lost} of ${bare.sent}`;
  return `${first} / ${wrapped.lost} of ${wrapped.sent}`;
}

/** `text` with `table` between its markers. Throws when they are missing. */
export function withTable(text: string, table: string): string {
  const from = text.indexOf(BEGIN), to = text.indexOf(END);
  if (from < 0 || to < from) {
    throw new Error(`Cannot write the table: the markers are missing, put ${BEGIN} and ${END} into the page`);
  }
  return `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`;
}
