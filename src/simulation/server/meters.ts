import { bucketOf, BUCKETS } from "../../core/histogram.ts";

/** What all workers together have counted, as the probe's slots would: never reset, the sensors take differences. */
export class Meters {
  inFlight = 0;
  /** Open event streams, and threads that wait for the head of a request. */
  streams = 0;
  heads = 0;
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
  /** Of the latest boot: fork to ready, its CPU, and how long it waited for a core. */
  lastBootMs: number | "unknown" = "unknown";
  lastBootCpuMs: number | "unknown" = "unknown";
  lastBootWaitMs: number | "unknown" = "unknown";
  /** Service times of the finished, waits of the started; bounds in core/histogram.ts. */
  readonly service = new Float64Array(BUCKETS);
  readonly wait = new Float64Array(BUCKETS);
  serviceMs = 0;
  /** Of each worker the requests in service: not those whose head is not there, nor event streams. */
  readonly #inService: Int32Array;

  constructor(capacity: number) {
    this.#inService = new Int32Array(capacity);
  }

  /** Time passes, with so many processes alive. */
  advance(ms: number, alive: number): void {
    this.inFlightMs += this.inFlight * ms;
    this.busyMs += this.busyWorkers * ms;
    this.aliveMs += alive * ms;
  }

  /** A worker is ready after so long; alone it would have taken `aloneMs`. */
  booted(tookMs: number, aloneMs: number, cpuMs: number): void {
    this.lastBootMs = tookMs;
    this.lastBootCpuMs = cpuMs;
    this.lastBootWaitMs = tookMs - aloneMs;
  }

  /** A request begins; one that is an event stream has ended for all that is counted of requests. */
  begin(worker: number, isStream: boolean): void {
    this.started++;
    if (isStream) {
      this.streams++;
      this.finished++;
      return;
    }
    this.inFlight++;
    if (this.#inService[worker]!++ === 0) this.busyWorkers++;
  }

  /** A request that began ends. */
  end(worker: number, isStream: boolean): void {
    if (isStream) {
      this.streams--;
      return;
    }
    this.inFlight--;
    if (--this.#inService[worker]! === 0) this.busyWorkers--;
  }

  /** A request was answered after so long. */
  answered(serviceMs: number): void {
    this.finished++;
    this.service[bucketOf(serviceMs)]!++;
    this.serviceMs += serviceMs;
  }
}
