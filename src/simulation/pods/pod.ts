import type { Decision } from "../../core/reason.ts";
import type { Maybe } from "../../core/sample.ts";
import { saturationOf } from "../../status/metrics/saturation.ts";
import type { PodReading } from "./hpa.ts";
import { Instance } from "../server/instance.ts";
import type { ServiceSampler } from "../load/service_time.ts";

/** pending: scheduling, image; starting: the container runs, gunicorn boots; leaving: its end has begun. */
export type PodState = "pending" | "starting" | "ready" | "leaving" | "gone";

/** One pod: an Instance with its own lifetime, and what Prometheus has scraped from it. */
export class Pod {
  state: PodState = "pending";
  readyMs = Infinity;
  goneMs = Infinity;
  /** Whether it has got a SIGTERM: it accepts no more connections. */
  stopped = false;
  instance: Instance | undefined;
  decision: Decision | undefined;
  #scrapes: { readonly atMs: number; readonly ratio: number }[] = [];

  constructor(readonly number: number, readonly createdMs: number) {}

  /** Its gunicorn serves from now on. */
  start(instance: Instance, nowMs: number): void {
    this.instance = instance;
    this.state = "ready";
    this.readyMs = nowMs;
  }

  /** Whether the HPA counts it. */
  get counted(): boolean {
    return this.state !== "leaving" && this.state !== "gone";
  }

  /** Advances to `nowMs`. A controller that is due at `nowMs` itself runs after what arrives then. */
  runUntil(nowMs: number): void {
    const { instance } = this;
    if (!instance || this.state === "gone") return;
    for (;;) {
      const { workMs, tickAtMs } = instance;
      if (workMs <= nowMs && workMs <= tickAtMs) instance.work();
      else if (tickAtMs < nowMs) instance.tick();
      else break;
      this.#leave();
    }
    instance.server.advance(nowMs);
  }

  /** A request arrives; false: it is refused. */
  arrive(nowMs: number, draw: ServiceSampler): boolean {
    if (!this.instance || this.stopped) return false;
    this.runUntil(nowMs);
    this.instance.arrive(nowMs, draw);
    return true;
  }

  /** TERM: gunicorn finishes what its workers have. */
  stop(nowMs: number): void {
    this.runUntil(nowMs);
    this.stopped = true;
    this.instance?.stop();
    this.#leave();
  }

  /** Prometheus asks the status port. */
  scrape(nowMs: number): void {
    this.runUntil(nowMs);
    const ratio = saturationOf(this.decision);
    if (ratio !== "unknown") this.#scrapes.push({ atMs: nowMs, ratio });
  }

  /** What the metrics API says: the mean of the scrapes of the last `averageMs`. */
  reading(nowMs: number, averageMs: number): PodReading {
    this.#scrapes = this.#scrapes.filter(({ atMs }) => atMs > nowMs - averageMs);
    const { length } = this.#scrapes;
    const metric: Maybe<number> = length === 0
      ? "unknown"
      : this.#scrapes.reduce((sum, { ratio }) => sum + ratio, 0) / length;
    return { pending: this.state === "pending", metric };
  }

  #leave(): void {
    if (!this.stopped || this.instance!.server.workers.alive > 0) return;
    this.state = "gone";
    this.goneMs = Math.min(this.goneMs, this.instance!.server.nowMs);
  }
}

/** Which pod a ReplicaSet deletes next: one that is not ready, then the one that has been ready for the least time. */
export function nextToDelete(pods: readonly Pod[]): Pod | undefined {
  const rank = { pending: 0, starting: 1, ready: 2, leaving: 3, gone: 3 };
  return pods.filter((pod) => pod.counted).sort((a, b) =>
    rank[a.state] - rank[b.state] || b.readyMs - a.readyMs || b.number - a.number
  )[0];
}
