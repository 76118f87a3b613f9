/** The live picture, as lines of text: what a `Watch` has seen up to now. */
import type { Watch } from "./watch.ts";

export interface ViewOptions {
  readonly title: string;
  readonly sloMs: number;
  readonly maxWorkers: number;
  /** Highest rate of the load, for a scale that does not jump. */
  readonly maxRate: number;
  readonly color: boolean;
}

/** Decisions shown below the charts. */
const DECISIONS = 7;
const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const LEFT = 17;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Paint = (text: string, as: keyof typeof CODES) => string;

/** Columns that the charts have in a terminal of this width. */
export function columnsIn(width: number): number {
  return Math.max(20, Math.min(100, width - LEFT - 1));
}

/** The whole picture at `atMs` from the start of the load; always the same number of lines. */
export function picture(watch: Watch, atMs: number, options: ViewOptions): string[] {
  const paint: Paint = options.color ? (text, as) => `\x1b[${CODES[as]}m${text}\x1b[0m` : (text) => text;
  const width = LEFT + watch.columns;
  const clock = `${(atMs / 1000).toFixed(0)} s of ${(watch.durationMs / 1000).toFixed(0)} s`;
  const { sloMs, maxWorkers, maxRate } = options;
  const rates = watch.rates(atMs), workers = watch.workerCounts(atMs), p95s = watch.p95s(atMs);
  const shownMs = sloMs * 2;
  return [
    paint(options.title, "bold") + clock.padStart(width - options.title.length),
    "",
    ...chart("requests/s", rates, maxRate * 1.1, 3, last(rates).toFixed(0), (bar) => paint(bar, "cyan")),
    "",
    ...chart("workers", workers, maxWorkers, 5, String(last(workers)), (bar) => paint(bar, "green")),
    "",
    ...chart(
      "p95, ms",
      p95s.map((ms) => Math.min(ms, shownMs)),
      shownMs,
      2,
      last(p95s.filter((ms) => ms > 0)).toFixed(0),
      (bar, i) => paint(bar, p95s[i]! > sloMs ? "red" : "green"),
    ),
    "",
    `${watch.answered} answered, ${
      watch.errors === 0 ? "no errors" : paint(`${watch.errors} errors`, "red")
    }; the objective is a p95 of ${sloMs} ms`,
    "",
    ...decisionLines(watch, width, paint),
  ];
}

/** `height` rows of bars below `most`; the label and the value of now stand on the left. */
function chart(
  label: string,
  values: readonly number[],
  most: number,
  height: number,
  now: string,
  paint: (bar: string, column: number) => string,
): string[] {
  return Array.from({ length: height }, (_, fromTop) => {
    const row = height - 1 - fromTop;
    const cells = values.map((value, i) => {
      // Something that is there shows, however small.
      const eighths = value > 0 ? Math.max(1, Math.round((value / most) * height * 8)) : 0;
      const bar = EIGHTHS[Math.max(0, Math.min(8, eighths - row * 8))]!;
      return bar === " " ? bar : paint(bar, i);
    });
    const text = row === 0 ? `${label.padEnd(11)}${now.padStart(4)}` : "";
    return `${text.padEnd(LEFT - 1)} ${cells.join("")}`;
  });
}

function decisionLines(watch: Watch, width: number, paint: Paint): string[] {
  const shown = watch.decisions.slice(-DECISIONS);
  const lines = shown.map(({ atMs, text }, i) => {
    const line = cut(`${seconds(atMs)}  ${text}`, width);
    return i === shown.length - 1 ? line : paint(line, "dim");
  });
  return [...lines, ...new Array<string>(DECISIONS - lines.length).fill("")];
}

/** "12.3 s", as wide for all times below 1000 s. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : text.slice(0, width - 1) + "…";
}

function last(values: readonly number[]): number {
  return values[values.length - 1] ?? 0;
}
