import { known } from "../../core/sample.ts";
import type { TickRecord } from "../../supervisor/supervisor.ts";
import { count, milliseconds } from "../../wording/format.ts";
import type { ServiceManager } from "./notify_socket.ts";

/** STATUS is sent again at most this often. */
const STATUS_MS = 2_000;
/** Without a report of reloads, one has begun after this long. */
const RELOAD_MS = 2_000;
/** What the watchdog did not get is sent again after this part of its time. */
const AGAIN_PART = 8;

/**
 * Notices to systemd of a service of Type=notify: that it is ready, reloads, stops, lives, and one line about it. Times
 * are CLOCK_MONOTONIC, ms. The manager's socket may be full: what must reach it is sent again.
 */
export class ServiceNotices {
  readonly #manager: ServiceManager;
  #state: "starting" | "ready" | "reloading" | "stopping" = "starting";
  #reload: { readonly sinceMs: number; readonly reloads: number | undefined; isTold: boolean } | undefined;
  #status = "";
  #statusAtMs = -Infinity;
  readonly #clock: () => number;
  readonly #watchdogTimer: ReturnType<typeof setInterval> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;
  #nextTickMs = -Infinity;

  constructor(manager: ServiceManager, clock: () => number) {
    this.#manager = manager;
    this.#clock = clock;
    const { watchdogMs } = manager;
    if (watchdogMs === undefined) return;
    // Not with the ticks, which may come more seldom: asleep once a second.
    this.#watchdogTimer = setInterval(() => this.#feed(watchdogMs), watchdogMs / 2);
    Deno.unrefTimer(this.#watchdogTimer);
  }

  /**
   * A tick of the loop.
   * @param reloads reloads that gunicorn has carried out since its start; undefined when it does not tell
   * @param paceMs the next tick comes in so long
   */
  note({ sample, settings, decision }: TickRecord, reloads: number | undefined, paceMs: number): void {
    const { nowMs } = sample;
    this.#nextTickMs = nowMs + paceMs;
    const ready = known(sample.workers) ? sample.workers.ready : 0;
    const isAsleep = decision.reason.code === "asleep";
    if (this.#state === "reloading") this.#tellOfReload();
    if ((ready > 0 || isAsleep) && (this.#state === "starting" || this.#hasReloaded(nowMs, reloads))) {
      if (this.#manager.send("READY=1")) this.#state = "ready";
    }
    if (this.#state === "stopping" || nowMs - this.#statusAtMs < STATUS_MS) return;
    const facts = known(decision.demand) ? decision.demand.facts : undefined;
    const { minWorkers, maxWorkers } = settings;
    const status = [
      isAsleep ? "asleep" : `${ready} of ${minWorkers} to ${maxWorkers} workers`,
      ...(facts === undefined ? [] : [`${count(facts.rps, facts.rps < 10 ? 1 : 0)} requests/s`]),
      ...(facts === undefined || !known(facts.p95Ms) ? [] : [`p95 ${milliseconds(facts.p95Ms)}`]),
    ].join(", ");
    if (status === this.#status) return;
    this.#status = status;
    this.#statusAtMs = nowMs;
    this.#manager.send(`STATUS=${status}`);
  }

  /** gunicorn is about to get a HUP. */
  reloading(nowMs: number, reloads: number | undefined): void {
    if (this.#state === "starting" || this.#state === "stopping") return;
    this.#state = "reloading";
    this.#reload = { sinceMs: nowMs, reloads, isTold: false };
    this.#tellOfReload();
  }

  /** gunicorn ends, or is about to. */
  stopping(): void {
    if (this.#state === "stopping") return;
    this.#state = "stopping";
    this.#manager.send("STOPPING=1", "STATUS=stopping");
  }

  close(): void {
    clearInterval(this.#watchdogTimer);
    clearTimeout(this.#againTimer);
  }

  /** The loop lives. It has stopped by itself when gunicorn ends, and workers may finish what they serve for longer. */
  #feed(watchdogMs: number): void {
    const isLate = this.#clock() - this.#nextTickMs > watchdogMs;
    if ((isLate && this.#state !== "stopping") || this.#manager.send("WATCHDOG=1")) return;
    clearTimeout(this.#againTimer);
    this.#againTimer = setTimeout(() => this.#feed(watchdogMs), watchdogMs / AGAIN_PART);
    Deno.unrefTimer(this.#againTimer);
  }

  #tellOfReload(): void {
    if (this.#reload === undefined || this.#reload.isTold) return;
    const { sinceMs } = this.#reload;
    this.#reload.isTold = this.#manager.send(
      "RELOADING=1",
      `MONOTONIC_USEC=${Math.floor(sinceMs * 1000)}`,
    );
  }

  #hasReloaded(nowMs: number, reloads: number | undefined): boolean {
    if (this.#state !== "reloading" || this.#reload === undefined) return false;
    const before = this.#reload.reloads;
    if (before === undefined || reloads === undefined) return nowMs - this.#reload.sinceMs >= RELOAD_MS;
    return reloads > before;
  }
}
