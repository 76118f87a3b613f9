import { known, type Maybe } from "../core/sample.ts";
import type { TickRecord } from "../supervisor/supervisor.ts";
import { Counters } from "./metrics/counters.ts";
import { DecisionList } from "./decision_list.ts";
import type { DecisionReport, HistoryReport, Point } from "./status_types.ts";
import { ChartPointSum } from "./chart_point.ts";
import { Series } from "./series.ts";
import { saturationOf } from "./metrics/saturation.ts";
import { SignalAges } from "./signal_ages.ts";
import { SleepBoard } from "./sleep_board.ts";
import { WorkerBusy } from "./worker_busy.ts";

/** A point of the charts covers this much. */
const POINT_MS = 1_000;
/** A loop whose tick is so late is not alive. */
const STALLED_MS = 10_000;

/** What changed with a tick, for those who follow. */
export interface TickChanges {
  /** A second of the charts is complete. */
  readonly second: boolean;
  readonly decision: DecisionReport | undefined;
}

/**
 * All that status, metrics and page tell, collected tick by tick. Pure: time comes in with the records, and what it keeps
 * is bounded.
 */
export class StatusBoard {
  readonly counters = new Counters();
  readonly decisions = new DecisionList();
  readonly ages = new SignalAges();
  readonly busy = new WorkerBusy();
  readonly sleep = new SleepBoard();
  readonly #series = new Series();
  #second = new ChartPointSum();
  #record: TickRecord | undefined;

  /**
   * @param workers how busy each worker was since the record before
   * @param wallMs Unix ms of this tick
   */
  note(
    record: TickRecord,
    workers: readonly { readonly pid: number; readonly busyShare: number }[],
    wallMs: number,
  ): TickChanges {
    const { sample, decision, sentence } = record;
    this.#record = record;
    this.counters.add(sample, decision);
    this.ages.note(sample);
    this.sleep.note(sample, decision, record.settings.sleepAfterMs);
    this.busy.note(workers, sample.elapsedMs);
    this.#second.add(sample, decision);
    const added = sentence === undefined ? undefined : this.decisions.add(decision, sentence, wallMs);
    const complete = this.#second.spanMs >= POINT_MS;
    if (complete) {
      const point = this.#second.point(this.#chartTime(wallMs));
      if (point !== undefined) this.#series.push(point);
      this.#second = new ChartPointSum();
    }
    return { second: complete, decision: added };
  }

  /** Charts drop what is not newer than their last point: where the wall clock was set back, their time goes on. */
  #chartTime(wallMs: number): number {
    const lastMs = this.latest?.at ?? -Infinity;
    return wallMs > lastMs ? wallMs : lastMs + this.#second.spanMs;
  }

  /** The last tick; undefined before the first. */
  get record(): TickRecord | undefined {
    return this.#record;
  }

  /** The last complete second. */
  get latest(): Point | undefined {
    return this.#series.latest;
  }

  /** The seconds of the charts. */
  history(): HistoryReport {
    return this.#series.columns();
  }

  /** Whether the loop ticks. `nowMs`: monotonic, as in the records; `paceMs`: from one tick to the next. */
  isAlive(nowMs: number, paceMs: number): boolean {
    return this.#record === undefined || nowMs - this.#record.sample.nowMs < paceMs + STALLED_MS;
  }

  /** Whether a worker serves, or one comes with the next request. */
  get isReady(): boolean {
    if (this.sleep.servesNext) return true;
    const workers = this.#record?.sample.workers;
    return workers !== undefined && known(workers) && workers.ready > 0;
  }

  /** See saturationOf. */
  get saturation(): Maybe<number> {
    return saturationOf(this.#record?.decision);
  }
}
