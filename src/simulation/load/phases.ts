import type { Segment } from "./arrivals.ts";
import { parseServiceTime, type ServiceTime } from "./service_time.ts";

/**
 * Reads phases: `5x10s,60x20s` is 5 req/s for 10 s, then 60 for 20. A phase may name its own service time after an @:
 * `5x10s@50,60x20s@cpu:20+wait:lognormal:80;0.4` (numbers of one distribution stand apart by ; here).
 * Units ms, s, m, h; seconds without one. Throws an Error that says what is wrong.
 */
export function parsePhases(text: string): Segment[] {
  const services = new Map<string, ServiceTime>();
  return text.split(",").map((phase) => {
    const [, rate, time, service] = /^\s*([\d.]+)x([\d.]+(?:ms|s|m|h)?)(?:@(.+))?\s*$/.exec(phase) ?? [];
    const ratePerSecond = Number(rate);
    const durationMs = time === undefined ? NaN : parseDuration(time);
    if (!(ratePerSecond >= 0) || !(durationMs > 0)) {
      throw new Error(
        `Cannot read the phases "${text}": "${phase}" is not RATExDURATION, write for example 5x10s,60x20s`,
      );
    }
    if (service === undefined) return { ratePerSecond, durationMs };
    if (!services.has(service)) services.set(service, parseServiceTime(service.replaceAll(";", ",")));
    return { ratePerSecond, durationMs, service: services.get(service)! };
  });
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `250ms`, `10s`, `5m`, `1h`, `10` (seconds) in ms; NaN when it is none of these. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  return number === undefined ? NaN : Number(number) * UNIT_MS[unit ?? "s"]!;
}
