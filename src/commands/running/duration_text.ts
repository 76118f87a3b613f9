const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

/** Seconds of a text such as 90s, 10m, 1h30m or 2d; undefined when it is none. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(s|min|m|h|d))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(s|min|m|h|d)/g)) {
    seconds += Number(count) * UNITS[unit!]!;
  }
  return seconds > 0 ? seconds : undefined;
}
