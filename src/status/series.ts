import type { HistoryReport, Point } from "./status_types.ts";

/** Ten minutes of seconds. */
export const KEPT_POINTS = 600;

const FIELDS = [
  "at",
  "ready",
  "booting",
  "draining",
  "target",
  "wanted",
  "min",
  "max",
  "arrivingRps",
  "rps",
  "failedRps",
  "p50Ms",
  "p95Ms",
  "waitP95Ms",
  "queue",
  "inFlight",
  "workerCores",
  "usedCores",
  "limitCores",
  "usedBytes",
  "limitBytes",
  "workerBytes",
] as const satisfies readonly (keyof Point)[];

/** The last points of the charts, oldest first; the oldest is dropped when it is full. */
export class Series {
  readonly #most: number;
  readonly #points: Point[] = [];

  constructor(most = KEPT_POINTS) {
    this.#most = most;
  }

  /** Adds the newest point. */
  push(point: Point): void {
    this.#points.push(point);
    if (this.#points.length > this.#most) this.#points.shift();
  }

  /** The newest point. */
  get latest(): Point | undefined {
    return this.#points[this.#points.length - 1];
  }

  /** As columns: a tenth of the text that rows would be. */
  columns(): HistoryReport {
    return Object.fromEntries(
      FIELDS.map((field) => [field, this.#points.map((point) => point[field])]),
    ) as unknown as HistoryReport;
  }
}

/** Columns with one more point, the oldest dropped when there are too many; unchanged when the point is not newer. */
export function appended(columns: HistoryReport, point: Point, most = KEPT_POINTS): HistoryReport {
  if (point.at <= (columns.at[columns.at.length - 1] ?? 0)) return columns;
  return Object.fromEntries(
    FIELDS.map((field) => [field, [...columns[field], point[field]].slice(-most)]),
  ) as unknown as HistoryReport;
}
