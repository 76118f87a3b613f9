import { known, type Maybe } from "../../core/sample.ts";
import { byteSize, count, duration, milliseconds, share } from "../../wording/format.ts";
import type { DecisionReport, HistoryReport, StatusReport } from "../status_types.ts";
import { sparkline, squeezed } from "./sparkline.ts";
import { cut, type Paint, visibleLength, wrap } from "./terminal_style.ts";

const LABEL = 12;
/** Seconds that the sparklines cover. */
const SHOWN_SECONDS = 120;

/** One screen of what the autoscaler does and why: lines of at most `width` characters. */
export function terminalView(
  report: StatusReport,
  history: HistoryReport,
  paint: Paint,
  width: number,
): string[] {
  const lines = [
    ...head(report, paint, width),
    "",
    ...workerLines(report, paint, width),
    "",
    ...loadLines(report, history, paint, width),
    "",
    ...workerTable(report, paint),
    "",
    ...decisionLines(report, paint, width),
  ];
  return lines.map((line) => cut(line, width));
}

function head(report: StatusReport, paint: Paint, width: number): string[] {
  const { gunicorn } = report;
  const server = known(gunicorn.version) ? `gunicorn ${gunicorn.version}` : "gunicorn";
  const workerClass = gunicorn.workerClass === "unknown" ? "" : `, ${gunicorn.workerClass} workers`;
  const left = paint("bold", report.application) + paint("dim", `  ${server}${workerClass}`);
  const right = paint("dim", `pid ${report.pid}, up ${duration(report.uptimeSeconds * 1000)}`);
  const room = width - visibleLength(left) - visibleLength(right);
  const order = report.order.kind === "auto"
    ? paint("green", `● ${report.order.text}`)
    : paint("yellow", `■ ${report.order.text}`) + paint("dim", "   (resume: back to automatic)");
  const dry = report.dryRun ? paint("yellow", "  dry run: gunicorn is asked for nothing") : "";
  return [room > 1 ? left + " ".repeat(room) + right : left, order + dry];
}

/** The workers as a row of cells: serving, booting, room to the most that is allowed. */
function workerLines(report: StatusReport, paint: Paint, width: number): string[] {
  const { workers, bounds, target } = report;
  const ready = known(workers.ready) ? workers.ready : 0;
  const booting = known(workers.booting) ? workers.booting : 0;
  const draining = known(workers.draining) ? workers.draining : 0;
  const free = Math.max(0, bounds.effective.workers - ready - booting);
  const cells = [
    paint("green", "█".repeat(ready)),
    paint("blue", "▒".repeat(booting)),
    paint("dim", "░".repeat(Math.min(free, 60))),
  ];
  const bar = ready + booting + Math.min(free, 60) <= width - LABEL - 30 ? cells.join("") + "  " : "";
  const moving = [
    booting > 0 ? `${booting} booting` : "",
    draining > 0 ? `${draining} draining` : "",
    workers.settled ? "" : "not yet confirmed",
  ].filter((text) => text !== "").join(", ");
  const saturated = known(report.saturation) && report.saturation > 1;
  const limits = bounds.all.filter((bound) => bound.workers <= 4 * bounds.max).map((bound) => bound.text);
  return [
    row(
      "Workers",
      `${bar}${paint("bold", `${count(workers.ready)} ready`)} of ${target}` +
        (moving === "" ? "" : paint("blue", `, ${moving}`)),
      paint,
    ),
    row(
      "Wanted",
      `${paint(saturated ? "yellow" : "bold", String(report.wanted))}` +
        paint("dim", asked(report)),
      paint,
    ),
    row(
      "Allowed",
      `${bounds.min} to ${bounds.effective.workers}${paint("dim", `  ${limits.join(", ")}`)}`,
      paint,
    ),
    ...forkServerLine(report, paint),
    ...(report.sleep.text === "" ? [] : [row("Sleep", report.sleep.text, paint)]),
    ...wrap(report.decision.text, width - LABEL).map((line, i) =>
      row(i === 0 ? "Why" : "", paint("cyan", line), paint)
    ),
  ];
}

function forkServerLine({ gunicorn: { forkServer } }: StatusReport, paint: Paint): string[] {
  return !known(forkServer) || forkServer.text === "" ? [] : [row("Fork server", forkServer.text, paint)];
}

function asked({ demand, decision }: StatusReport): string {
  if (known(demand)) return bySignal(demand.bySignal);
  return decision.reason === "no-data" ? "  no signal can be read" : "";
}

function bySignal(signals: readonly { signal: string; workers: number }[]): string {
  return signals.length === 0
    ? ""
    : `  ${signals.map(({ signal, workers }) => `${signal} ${workers}`).join(", ")}`;
}

function loadLines(report: StatusReport, history: HistoryReport, paint: Paint, width: number): string[] {
  const { traffic, cpu, memory } = report;
  const room = Math.max(10, Math.min(60, width - LABEL - 44));
  const line = (label: string, value: string, note: string, values: readonly (number | null)[], least = 0) =>
    row(
      label,
      `${paint("bold", value.padEnd(12))}${
        paint("cyan", sparkline(squeezed(values, SHOWN_SECONDS, room), room, least).padStart(room))
      }  ${paint("dim", note)}`,
      paint,
    );
  const late = known(traffic.p95Seconds) && traffic.p95Seconds > report.objectiveP95Seconds;
  return [
    line("Requests", `${count(traffic.requestsPerSecond, 1)}/s`, failures(report), history.rps),
    line(
      "p95",
      milliseconds(known(traffic.p95Seconds) ? traffic.p95Seconds * 1000 : "unknown"),
      `objective ${milliseconds(report.objectiveP95Seconds * 1000)}${late ? ", missed" : ""}${
        waited(report)
      }`,
      history.p95Ms,
      report.objectiveP95Seconds * 1000,
    ),
    line("Waiting", count(traffic.queued), `${count(traffic.inFlight)} in flight`, history.queue, 4),
    line(
      "Workers",
      `${share(traffic.utilization)} busy`,
      "ready, last 2 min",
      history.ready,
      report.bounds.max,
    ),
    line(
      "CPU",
      known(cpu) ? `${cpu.workerCores.toFixed(2)}` : "–",
      known(cpu)
        ? `of ${count(cpu.limitCores, 1)} cores, ${cpu.usedCores.toFixed(2)} used in all`
        : report.target === 0
        ? "no workers"
        : "cannot be read",
      history.workerCores,
      known(cpu) ? cpu.limitCores : 0,
    ),
    line(
      "Memory",
      known(memory) ? byteSize(memory.usedBytes) : "–",
      known(memory)
        ? `of ${byteSize(memory.limitBytes)}${
          memory.isAssumed ? "" : `, ${byteSize(memory.workerBytes)} a worker`
        }`
        : "cannot be read",
      history.usedBytes,
      known(memory) ? memory.limitBytes : 0,
    ),
    row("Signals", signals(report, paint), paint),
  ];
}

function failures({ traffic, latest }: StatusReport): string {
  if (traffic.failures > 0) return `${traffic.failures} of ${traffic.requests} failed`;
  return known(latest) && latest.failedRps === null ? "failures not known" : "none failed";
}

/** What requests waited before a worker took them, in the last second: it counts against the objective too. */
function waited({ latest }: StatusReport): string {
  return known(latest) && latest.waitP95Ms !== null ? `, wait ${milliseconds(latest.waitP95Ms)}` : "";
}

function signals(report: StatusReport, paint: Paint): string {
  return report.signals.map(({ name, ageSeconds }) => {
    if (!known(ageSeconds)) return paint("dim", `○ ${name}`);
    return ageSeconds > 2
      ? paint("yellow", `● ${name} ${duration(ageSeconds * 1000)} old`)
      : `${paint("green", "●")} ${name}`;
  }).join("  ");
}

const MOST_ROWS = 12;
/** Widths of the workers' table: together they fit a terminal of 80. */
const COLUMNS = [9, 10, 10, 9, 11, 10, 8, 11] as const;

function workerTable(report: StatusReport, paint: Paint): string[] {
  const { list } = report.workers;
  const cells = (texts: readonly string[]) =>
    texts.map((text, i) => i < 2 ? text.padEnd(COLUMNS[i]!) : text.padStart(COLUMNS[i]!)).join("");
  const rows = list.slice(0, MOST_ROWS).map((worker) => {
    const text = cells([
      String(worker.pid),
      worker.state,
      age(worker.ageSeconds),
      share(worker.busyShare),
      count(worker.inFlight),
      count(worker.requests),
      count(worker.cores, 2),
      byteSize(worker.pssBytes),
    ]);
    return worker.state === "ready" ? text : paint(worker.state === "booting" ? "blue" : "yellow", text);
  });
  const more = list.length > MOST_ROWS ? [paint("dim", `and ${list.length - MOST_ROWS} more`)] : [];
  return [
    paint("dim", cells(["PID", "STATE", "AGE", "SERVING", "IN FLIGHT", "REQUESTS", "CORES", "MEMORY"])),
    ...rows,
    ...more,
  ];
}

function age(seconds: Maybe<number>): string {
  return known(seconds) ? duration(seconds * 1000) : "–";
}

const LAST_DECISIONS = 5;

function decisionLines(report: StatusReport, paint: Paint, width: number): string[] {
  const last = report.decisions.slice(-LAST_DECISIONS).reverse();
  if (last.length === 0) {
    return [paint("dim", "No decision yet: the number of workers has been right so far.")];
  }
  return last.flatMap((decision) => decisionLine(decision, Date.parse(report.now), paint, width));
}

/** A decision: how long ago, what moved, and the sentence, indented where it continues. */
export function decisionLine(decision: DecisionReport, nowMs: number, paint: Paint, width: number): string[] {
  const ago = `${duration(nowMs - Date.parse(decision.at))} ago`.padStart(16);
  const { action, from, to } = decision;
  const moved = action === "hold"
    ? `■ hold ${to}`
    : action === "grow"
    ? `▲ ${from} → ${to}`
    : `▼ ${from} → ${to}`;
  const style = action === "grow" ? "green" : action === "shrink" ? "magenta" : "dim";
  const indent = 16 + 2 + 11;
  return wrap(decision.text, Math.max(20, width - indent)).map((line, i) =>
    i === 0
      ? `${paint("dim", ago)}  ${paint(style, moved.padEnd(11))}${line}`
      : `${" ".repeat(indent)}${line}`
  );
}

function row(label: string, text: string, paint: Paint): string {
  return paint("dim", label.padEnd(LABEL)) + text;
}
