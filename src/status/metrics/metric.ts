import { known, type Maybe } from "../../core/sample.ts";
import type { TickRecord } from "../../supervisor/supervisor.ts";
import type { StatusBoard } from "../board.ts";
import type { LiveDetails } from "../live_details.ts";
import type { Identity } from "../status_report.ts";

/** What metrics are made from. */
export interface MetricSource {
  readonly board: StatusBoard;
  readonly record: TickRecord;
  readonly live: LiveDetails;
  readonly identity: Identity;
  readonly server: { readonly eventStreams: number; readonly droppedFrames: number };
}

/** One line of a metric: labels, a name suffix for histograms, and the value. */
export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly suffix?: "" | "_bucket" | "_sum" | "_count";
  readonly value: number;
}

/** One metric: its name, and how it is read. */
export interface Metric {
  /** Without the prefix. */
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  /** Label names, for the documentation. */
  readonly labels?: readonly string[];
  /** No samples: not known now, and the metric is omitted. */
  readonly read: (source: MetricSource) => readonly MetricSample[];
}

/** One sample without labels; none for what is not known. */
export function one(value: Maybe<number> | undefined): readonly MetricSample[] {
  return value === undefined || !known(value) ? [] : [{ value }];
}

/** A counter that is omitted until it has a source. */
export function when(seen: boolean, value: number): readonly MetricSample[] {
  return seen ? [{ value }] : [];
}
