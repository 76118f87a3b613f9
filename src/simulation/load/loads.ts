import { fileProblem } from "../../platform/files/file_problem.ts";
import { readGiven } from "../../platform/files/given_file.ts";
import type { Segment } from "./arrivals.ts";
import { AccessLog, type DurationUnit } from "./access_log.ts";
import { diurnal, flashCrowd, onOff, ramp, STEP_MS } from "./load_shapes.ts";
import { parseDuration, parsePhases } from "./phases.ts";
import { parseRates } from "./rate_file.ts";
import { recordedLoad } from "./recorded_load.ts";
import { parseRecording, type Recording } from "./recording.ts";

/** The forms of a load, for help and errors. */
export const LOAD_FORMS = [
  [
    "phases:5x10s,60x20s",
    "rates (requests/s), one after the other; a phase may add its own service time: 60x20s@80",
  ],
  ["constant:RATE,DURATION", "one rate"],
  ["ramp:FROM,TO,DURATION", "a straight line"],
  ["diurnal:LOW,HIGH,DAY[,DAYS]", "a sine from LOW to HIGH and back: diurnal:5,80,10m,2"],
  ["flash:BASE,PEAK,DURATION[,AT[,HALFLIFE]]", "a flash crowd that rises in 2 s and decays"],
  ["onoff:LOW,HIGH,LOWTIME,HIGHTIME,DURATION", "two rates in alternation"],
  ["trace:FILE[:COLUMN]", "a rate a line (see --step), or the column of a CSV file by its name or number"],
  ["access-log:FILE", "requests per second of a log in common or combined format"],
  ["recording:FILE", "what a live run met (run --record FILE)"],
] as const;

/** Stretches of one rate that a load may have; more fill the memory. */
const MOST_STEPS = 1e7;

/** How the words of a load are to be taken. */
export interface LoadOptions {
  /** Time each rate of a trace file is held, ms. */
  readonly stepMs: number;
  /** Rates are multiplied by this. */
  readonly scale: number;
  /** The last number of each access-log line is the request's duration in this unit. */
  readonly logDuration?: DurationUnit;
  /** Share of a log's durations that is CPU, 0..1. */
  readonly cpuShare: number;
}

/** A load, ready to be simulated. */
export interface LoadedLoad {
  readonly segments: readonly Segment[];
  /** Set for recording:FILE. */
  readonly recording?: Recording;
  /** Sentences about lines that could not be read. */
  readonly warnings?: readonly string[];
}

/** Reads a load from its words. Files are read by `readText`. Throws an Error that says what is wrong. */
export function readLoad(
  spec: string,
  options: LoadOptions,
  readText: (path: string) => string = readFile,
): LoadedLoad {
  const [, kind = "phases", rest = ""] = /^(?:([a-z-]+):)?(.*)$/s.exec(spec) ?? [];
  const scaled = (segments: readonly Segment[]): LoadedLoad => ({
    segments: options.scale === 1
      ? segments
      : segments.map((one) => ({ ...one, ratePerSecond: one.ratePerSecond * options.scale })),
  });
  switch (kind) {
    case "phases":
      return scaled(parsePhases(rest));
    case "trace": {
      const [, path = "", column] = /^(.+?)(?::([^:/]+))?$/.exec(rest) ?? [];
      return scaled(
        parseRates(readText(path), { stepMs: options.stepMs, ...(column === undefined ? {} : { column }) }),
      );
    }
    case "access-log": {
      const log = new AccessLog(options.logDuration);
      for (const line of readText(rest).split("\n")) log.add(line);
      return { ...scaled(log.segments(options.cpuShare)), warnings: log.warnings() };
    }
    case "recording": {
      const recording = parseRecording(readText(rest), rest);
      return { ...scaled(recordedLoad(recording)), recording };
    }
    default:
      return scaled(shape(kind, rest, spec));
  }
}

function shape(kind: string, rest: string, spec: string): Segment[] {
  const words = rest.split(",");
  const wrong = (form: string) =>
    new Error(`Cannot read the load "${spec}": it does not fit the form, write ${form}`);
  const form = LOAD_FORMS.find(([one]) => one.startsWith(`${kind}:`))?.[0];
  if (form === undefined) {
    const kinds = LOAD_FORMS.map(([one]) => one.split(":", 1)[0]).join(", ");
    throw new Error(`Cannot read the load "${spec}": there is no load "${kind}", use one of ${kinds}`);
  }
  const rate = (i: number) => {
    const value = words[i] === undefined || words[i]!.trim() === "" ? NaN : Number(words[i]);
    if (!(value >= 0 && Number.isFinite(value))) throw wrong(form);
    return value;
  };
  const time = (i: number, fallback?: number) => {
    if (words[i] === undefined && fallback !== undefined) return fallback;
    const ms = parseDuration(words[i] ?? "");
    if (!(ms > 0)) throw wrong(form);
    return few(ms / STEP_MS, ms);
  };
  const few = (steps: number, value: number) => {
    if (steps <= MOST_STEPS) return value;
    throw new Error(
      `Cannot read the load "${spec}": it has over ${MOST_STEPS.toExponential()} steps, make it shorter or its steps longer`,
    );
  };
  const most = form.split(",").length;
  if (words.length > most) throw wrong(form);
  switch (kind) {
    case "constant":
      return [{ ratePerSecond: rate(0), durationMs: time(1) }];
    case "ramp":
      return ramp(rate(0), rate(1), time(2));
    case "diurnal": {
      const days = words[3] === undefined ? 1 : rate(3) || 1;
      return diurnal(rate(0), rate(1), few(days * time(2) / STEP_MS, time(2)), days);
    }
    case "flash":
      return flashCrowd(rate(0), rate(1), time(2), time(3, time(2) / 5), time(4, time(2) / 8));
    default:
      return onOff(rate(0), rate(1), time(2), time(3), few(2 * time(4) / (time(2) + time(3)), time(4)));
  }
}

/** About as much as a text may have. */
const MOST_MIB = 500;

/**
 * A file that a load is read from.
 * @throws Error "Cannot read ..."
 */
export function readFile(path: string): string {
  try {
    return new TextDecoder().decode(readGiven(path, MOST_MIB));
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${fileProblem(error)}, give a file that can be read`);
  }
}
