import type { PolicySettings } from "../../core/policy_settings.ts";
import type { Decision } from "../../core/reason.ts";
import type { Sample } from "../../core/sample.ts";
import { hasTickShape } from "./tick_shape.ts";

/** One tick of a live run. */
export interface Tick {
  readonly sample: Sample;
  readonly decision: Decision;
}

/** The first line of a recording file: what the ticks alone do not say. */
export interface RecordingHeader {
  readonly recording: 1;
  /** Unix time, ms, at which the ticks' monotonic clock was 0. */
  readonly epochMs: number;
  readonly settings: PolicySettings;
}

/** The header's line, with its newline. */
export function headerLine(header: RecordingHeader): string {
  return JSON.stringify(header) + "\n";
}

/**
 * One tick's line, with its newline: {"sample":...,"decision":...}. Numbers are rounded to 1/1000, bucket arrays end
 * at their last count.
 */
export function tickLine(sample: Sample, decision: Decision): string {
  return JSON.stringify({ sample, decision }, compact) + "\n";
}

function compact(_key: string, value: unknown): unknown {
  if (typeof value === "number") return Math.round(value * 1000) / 1000;
  if (ArrayBuffer.isView(value)) return trimmed(value as unknown as ArrayLike<number>);
  return value;
}

function trimmed(counts: ArrayLike<number>): number[] {
  let end = counts.length;
  while (end > 0 && !counts[end - 1]) end--;
  return Array.from({ length: end }, (_, i) => counts[i]!);
}

/** A recording as read back. */
export interface Recording {
  readonly header: RecordingHeader | undefined;
  readonly ticks: readonly Tick[];
}

/**
 * Reads a recording's text. A line that was cut off (the machine stopped while it was written) is skipped: it is the last,
 * or the next run's header follows it. Any other line that is no tick is an Error that names it.
 */
export function parseRecording(text: string, name: string): Recording {
  let header: RecordingHeader | undefined;
  const ticks: Tick[] = [];
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const value = parsed(line);
    const isCutOff = value === undefined && (i === lines.length - 1 || isHeader(parsed(lines[i + 1]!)));
    if (isCutOff) continue;
    if (isTick(value)) ticks.push(value);
    else if (isHeader(value)) header ??= value;
    else {
      throw new Error(
        `Cannot read the recording ${name}: line ${i + 1} is no tick, give a file that run --record wrote`,
      );
    }
  }
  if (ticks.length === 0) {
    throw new Error(
      `Cannot read the recording ${name}: it holds no tick, give a file that run --record wrote`,
    );
  }
  return { header, ticks };
}

/** undefined for what is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isTick(value: unknown): value is Tick {
  return hasTickShape(value);
}

function isHeader(value: unknown): value is RecordingHeader {
  const header = value as Partial<RecordingHeader> | null | undefined;
  return header?.recording === 1 && typeof header.epochMs === "number" &&
    typeof header.settings === "object" &&
    header.settings !== null;
}
