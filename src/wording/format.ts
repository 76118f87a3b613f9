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
