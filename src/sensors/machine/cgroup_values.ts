/** The values in control-group files. Missing or malformed values are undefined; "no limit" is Infinity. */
import { wholeNumber } from "../text_file.ts";

/** cpu.max, "QUOTA PERIOD" or "max PERIOD" in microseconds, as cores. Example: "150000 100000" is 1.5. */
export function parseCpuMax(text: string): number | undefined {
  const [quota, period] = text.trim().split(/\s+/);
  if (quota === "max") return Infinity;
  return quotaCores(quota, period ?? "100000");
}

/** cpu.cfs_quota_us (-1: no limit) and cpu.cfs_period_us as cores. */
export function parseCfsQuota(quota: string, period: string): number | undefined {
  return quota.trim() === "-1" ? Infinity : quotaCores(quota.trim(), period.trim());
}

function quotaCores(quota: string | undefined, period: string): number | undefined {
  const cores = wholeNumber(quota) / wholeNumber(period);
  return cores > 0 && Number.isFinite(cores) ? cores : undefined;
}

/** memory.max, memory.high ("max": no limit) or memory.limit_in_bytes (about 2^63: no limit) in bytes. */
export function parseMemoryLimit(text: string): number | undefined {
  const value = text.trim();
  if (value === "max") return Infinity;
  const bytes = wholeNumber(value);
  return Number.isNaN(bytes) ? undefined : bytes >= 2 ** 60 ? Infinity : bytes;
}

/** A file that is one number. */
export function parseWhole(text: string): number | undefined {
  const value = wholeNumber(text.trim());
  return Number.isNaN(value) ? undefined : value;
}

/** The number behind a key in a file of `KEY NUMBER` lines: cpu.stat, memory.stat, memory.events. */
export function parseKey(text: string, key: string): number | undefined {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    if (at > 0 && text[at - 1] !== "\n") continue;
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? undefined : end);
    if (line[key.length] === " ") return parseWhole(line.slice(key.length));
  }
  return undefined;
}

/** The share of the last 10 s in which all waited, of a file with pressure stall information: 0..1. */
export function parseFullStall(text: string): number | undefined {
  const percent = /^full avg10=(\d{1,3}\.\d\d) /m.exec(text)?.[1];
  return percent === undefined ? undefined : Math.min(1, Number(percent) / 100);
}
