/** The measurements of a run so far, in columns of equal time. */
import { nearestRank, type Outcome } from "../../bench/load/load_report.ts";

/** A decision of the autoscaler: when it came, ms from the start of the load, and its sentence. */
export interface TimedDecision {
  readonly atMs: number;
  readonly text: string;
}

export class Watch {
  readonly decisions: TimedDecision[] = [];
  answered = 0;
  errors = 0;
  readonly #columnMs: number;
  readonly #sent: number[];
  readonly #latencies: number[][];
  readonly #workers: (number | undefined)[];

  constructor(readonly durationMs: number, readonly columns: number) {
    this.#columnMs = durationMs / columns;
    this.#sent = new Array<number>(columns).fill(0);
    this.#latencies = Array.from({ length: columns }, () => []);
    this.#workers = new Array<number | undefined>(columns).fill(undefined);
  }

  sent(dueMs: number): void {
    this.#sent[this.column(dueMs)]!++;
  }

  /** An answer counts in the column in which its request was due. */
  answer(dueMs: number, latencyMs: number, outcome: Outcome): void {
    this.answered++;
    if (outcome !== "ok") this.errors++;
    this.#latencies[this.column(dueMs)]!.push(latencyMs);
  }

  /** The workers alive now; the most seen in a column is what it shows. */
  workers(atMs: number, workers: number): void {
    const column = this.column(atMs);
    this.#workers[column] = Math.max(this.#workers[column] ?? 0, workers);
  }

  column(atMs: number): number {
    return Math.max(0, Math.min(this.columns - 1, Math.floor(atMs / this.#columnMs)));
  }

  /** Requests due per second, column by column up to that of `atMs`, whose time is not over yet. */
  rates(atMs: number): number[] {
    const now = this.column(atMs);
    return this.#sent.slice(0, now + 1).map((sent, i) => {
      const spanMs = i < now ? this.#columnMs : Math.max(this.#columnMs / 4, atMs - now * this.#columnMs);
      return (sent * 1000) / spanMs;
    });
  }

  workerCounts(atMs: number): number[] {
    return this.#workers.slice(0, this.column(atMs) + 1).map((workers) => workers ?? 0);
  }

  /** 95th percentile of the answers to the requests due in each column, ms; 0 where none has come. */
  p95s(atMs: number): number[] {
    return this.#latencies.slice(0, this.column(atMs) + 1).map((column) => {
      return column.length === 0 ? 0 : nearestRank(column.toSorted((a, b) => a - b), 0.95);
    });
  }
}
