import { BUCKETS } from "../../core/histogram.ts";

/** What all workers together have counted, as the probe's slots would: never reset, the sensors take differences. */
export class Meters {
  inFlight = 0;
  /** Integrals over time: of inFlight, of workers with at least one request, of processes alive. */
  inFlightMs = 0;
  busyWorkers = 0;
  busyMs = 0;
  aliveMs = 0;
  started = 0;
  finished = 0;
  failed = 0;
  /** gthread: requests inside workers that no thread serves yet. */
  inside = 0;
  lastBootMs: number | "unknown" = "unknown";
  /** Service times of the finished, waits of the started; bounds in core/histogram.ts. */
  readonly service = new Float64Array(BUCKETS);
  readonly wait = new Float64Array(BUCKETS);
  serviceMs = 0;
}
