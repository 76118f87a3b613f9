import { configureSync, getLogger, type Logger, type LogRecord, resetSync } from "@logtape/logtape";
import { LogLines } from "./platform/log_lines.ts";
import { standardError, unreadShare } from "./platform/standard_streams.ts";

/** Least level that is logged. */
export type LogLevel = "debug" | "info" | "warning" | "error";
/** How a line looks. */
export type LogFormat = "text" | "json";

/**
 * The program's own log, on standard error, in gunicorn's own form so that both read as one:
 * `[2026-11-24 08:00:00 +0000] [12] [INFO] autoscaler: grow from 2 to 9 workers`.
 *
 * Lines are written at once, because the last ones before an exit matter most, but never block: lines that the reader
 * does not take are dropped and counted.
 */
export function openLog(level: LogLevel, format: LogFormat): Logger {
  const line = format === "json" ? jsonLine : textLine;
  const lines = new LogLines(standardError(), (dropped) => line(droppedRecord(dropped)), unreadShare);
  globalThis.addEventListener("unload", () => lines.end(), { once: true });
  resetSync();
  configureSync({
    sinks: { stderr: (record: LogRecord) => lines.add(line(record)) },
    loggers: [
      { category: "autoscaler", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger("autoscaler");
}

function droppedRecord(dropped: number): LogRecord {
  return {
    category: ["autoscaler"],
    level: "warning",
    message: [`${dropped} lines were dropped, because the log was not read`],
    rawMessage: "{dropped} lines were dropped, because the log was not read",
    timestamp: Date.now(),
    properties: { dropped },
  };
}

/** A record as gunicorn writes its own: see openLog. */
export function textLine(record: LogRecord): string {
  const level = record.level === "warning" ? "WARNING" : record.level.toUpperCase();
  return `[${stamp(record.timestamp)}] [${Deno.pid}] [${level}] autoscaler: ${message(record)}`;
}

/** A record as one JSON object; values of its message are fields too, unless the line has one of that name. */
export function jsonLine(record: LogRecord): string {
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    logger: "autoscaler",
    pid: Deno.pid,
    message: message(record),
  };
  // First for the order of the fields, last for their values.
  return JSON.stringify({ ...line, ...record.properties, ...line });
}

function message(record: LogRecord): string {
  return record.message.map((part) => typeof part === "string" ? part : String(part)).join("");
}

/** 2026-11-24 08:00:00 +0000, local time. */
function stamp(ms: number): string {
  const at = new Date(ms);
  const offset = -at.getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString();
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(offset / 60)}${two(offset % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone}`;
}
