import type { Segment } from "./arrivals.ts";
import { NOTHING, type ServiceTime } from "./service_time.ts";

/** What a request's duration in a log line is counted in. */
export type DurationUnit = "s" | "ms" | "us";

const UNIT_MS: Record<DurationUnit, number> = { s: 1000, ms: 1, us: 0.001 };
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Service times are kept apart for each stretch of this length, so that a slow hour stays a slow hour. */
const SERVICE_WINDOW_S = 60;
/** Longer than anyone simulates: more is a line with a wrong date. */
const LONGEST_S = 1e7;
/** More than this many times a window tell nothing new. */
const TIMES_KEPT = 5000;
/** So much of a line is shown. */
const SHOWN_CHARACTERS = 80;

/** Lines that lack something: how many, and the first of them. */
interface Lacking {
  count: number;
  readonly number: number;
  readonly line: string;
}

/**
 * Turns an access log in common or combined format (Apache, nginx, gunicorn's own) into a load: requests per second,
 * second by second. With a unit, the last number of each line is taken as the request's duration, as gunicorn writes
 * it with %(D)s (us), %(M)s (ms) or %(L)s (s) at the end of --access-logformat.
 */
export class AccessLog {
  #lines = 0;
  /** Lines without a time, which are left out. */
  #timeless: Lacking | undefined;
  /** Lines without a duration, which count as requests like those around them. */
  #unmeasured: Lacking | undefined;
  readonly #perSecond = new Map<number, number>();
  readonly #times = new Map<number, number[]>();
  readonly #unit: DurationUnit | undefined;

  constructor(unit?: DurationUnit) {
    this.#unit = unit;
  }

  /** Reads one line. */
  add(line: string): void {
    this.#lines++;
    if (line.trim() === "") return;
    const second = secondOf(line);
    if (Number.isNaN(second)) {
      this.#timeless = this.#counted(this.#timeless, line);
      return;
    }
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
    if (this.#unit === undefined) return;
    const [last] = /[\d.]+(?="?\s*$)/.exec(line) ?? [];
    const ms = Number(last) * UNIT_MS[this.#unit];
    if (!(ms >= 0)) {
      this.#unmeasured = this.#counted(this.#unmeasured, line);
      return;
    }
    const window = Math.floor(second / SERVICE_WINDOW_S);
    const times = this.#times.get(window);
    if (!times) this.#times.set(window, [ms]);
    else if (times.length < TIMES_KEPT) times.push(ms);
  }

  /** The load from the first second to the last. Throws an Error when there is none, or no durations though asked for. */
  segments(cpuShare = 0): Segment[] {
    if (this.#perSecond.size === 0) {
      const found = this.#timeless === undefined
        ? "it is empty"
        : `none of its ${this.#timeless.count} lines has a [day/Mon/year:h:m:s] time`;
      throw new Error(`Cannot read the access log: ${found}, give one in common or combined format`);
    }
    if (this.#unit !== undefined && this.#times.size === 0) {
      throw new Error(
        "Cannot read the access log: its lines do not end in a duration, log one (%(D)s) or give --service",
      );
    }
    let first = Infinity, last = -Infinity;
    for (const second of this.#perSecond.keys()) {
      first = Math.min(first, second);
      last = Math.max(last, second);
    }
    if (last - first > LONGEST_S) {
      const [from, to] = [first, last].map((second) => new Date(second * 1000).toISOString().slice(0, 10));
      throw new Error(
        `Cannot read the access log: it goes from ${from} to ${to}, cut out the part that is to be simulated`,
      );
    }
    let service: ServiceTime | undefined = this.#serviceOf(this.#times.keys().next().value, cpuShare);
    let window = -1;
    const segments: Segment[] = [];
    for (let second = first; second <= last; second++) {
      const here = Math.floor(second / SERVICE_WINDOW_S);
      if (here !== window) service = this.#serviceOf(window = here, cpuShare) ?? service;
      const ratePerSecond = this.#perSecond.get(second) ?? 0;
      segments.push({ durationMs: 1000, ratePerSecond, ...(service ? { service } : {}) });
    }
    return segments;
  }

  /** Sentences about lines that could not be read. */
  warnings(): string[] {
    const found: string[] = [];
    if (this.#timeless !== undefined) {
      found.push(
        `${told(this.#timeless, "without a [day/Mon/year:h:m:s] time")} left out: ` +
          "give a log in common or combined format",
      );
    }
    if (this.#unmeasured !== undefined) {
      found.push(
        `${told(this.#unmeasured, "that do not end in a duration")} taken to last as long as the others: ` +
          "log one at the end (%(D)s)",
      );
    }
    return found;
  }

  #counted(before: Lacking | undefined, line: string): Lacking {
    if (before === undefined) return { count: 1, number: this.#lines, line };
    before.count++;
    return before;
  }

  #serviceOf(window: number | undefined, cpuShare: number): ServiceTime | undefined {
    const ms = window === undefined ? undefined : this.#times.get(window);
    return ms && { cpu: NOTHING, wait: { kind: "observed", ms, scale: 1 }, cpuShare };
  }
}

/** The lines, with the first of them as an example, as the start of a sentence. */
function told({ count, number, line }: Lacking, what: string): string {
  const shown = line.trim().slice(0, SHOWN_CHARACTERS);
  return count === 1
    ? `1 line of the access log ${
      what.replace("that do not", "that does not")
    }, line ${number} ("${shown}"), is`
    : `${count} lines of the access log ${what}, the first is line ${number} ("${shown}"), are`;
}

/** Unix seconds of `[10/Oct/2000:13:55:36 -0700]`; NaN when the line has no such time. */
function secondOf(line: string): number {
  const match = /\[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?: ([+-])(\d{2})(\d{2}))?\]/
    .exec(line);
  if (!match) return NaN;
  const [, day, month, year, hour, minute, second, sign = "+", zoneHours = "0", zoneMinutes = "0"] = match;
  const monthIndex = MONTHS.indexOf(month!);
  if (monthIndex < 0) return NaN;
  const utc = Date.UTC(+year!, monthIndex, +day!, +hour!, +minute!, +second!) / 1000;
  return utc - (sign === "-" ? -1 : 1) * (+zoneHours * 3600 + +zoneMinutes * 60);
}
