/** Figures as people read them; a dash for what is not known. */
import { known, type Maybe } from "../core/sample.ts";

/** A number with at most so many digits behind the point. */
export function count(value: Maybe<number> | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !known(value)) return "–";
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

/** A time given in milliseconds: "84 ms", "1.2 s". */
export function milliseconds(ms: Maybe<number>): string {
  if (!known(ms)) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(0)} ms`;
}

/** Bytes as MiB or GiB. */
export function byteSize(bytes: Maybe<number>): string {
  if (!known(bytes)) return "–";
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(gib >= 10 ? 0 : 1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** 0..1 as percent. */
export function share(value: Maybe<number>): string {
  return known(value) ? `${Math.round(value * 100)} %` : "–";
}

/** A number of things: "1 worker", "4 workers". */
export function quantity(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`;
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
