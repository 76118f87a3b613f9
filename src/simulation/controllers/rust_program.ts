import { known, type Sample } from "../../core/sample.ts";
import { type Controller, PLAIN_GUNICORN } from "./controller.ts";
import { SecondBuckets } from "./second_buckets.ts";

/** The settings of the Rust program `gunicorn-autoscaler` 0.2.1 that its law uses, with its defaults. */
export interface RustSettings {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly windowSeconds: number;
  readonly tickMs: number;
  readonly idleSeconds: number;
  readonly upCooldownMs: number;
  readonly downCooldownMs: number;
  readonly maxStepUp: number;
  readonly targetConcPerWorker: number;
  readonly sloP95Ms: number;
  readonly noDownscaleMsAfterUp: number;
  readonly burstEnabled: boolean;
  readonly burstWindowSeconds: number;
  readonly burstRpsJump: number;
  readonly burstAddWorkers: number;
  readonly burstCooldownMs: number;
  readonly burstMinRps: number;
}

/** The Rust program's defaults. */
export const RUST_DEFAULTS: Omit<RustSettings, "minWorkers" | "maxWorkers"> = {
  windowSeconds: 20,
  tickMs: 1000,
  idleSeconds: 60,
  upCooldownMs: 2000,
  downCooldownMs: 15_000,
  maxStepUp: 16,
  targetConcPerWorker: 25,
  sloP95Ms: 300,
  noDownscaleMsAfterUp: 60_000,
  burstEnabled: true,
  burstWindowSeconds: 3,
  burstRpsJump: 5,
  burstAddWorkers: 8,
  burstCooldownMs: 5000,
  burstMinRps: 3,
};

/**
 * The law of the Rust program `gunicorn-autoscaler` 0.2.1, after its published source (main.rs: decide and the loop of
 * main). It sees finished requests only, in buckets of one second of the clock that it started with: the newest of a window
 * is never whole, so its rates are too low by what is missing. `phase` is where in such a second its ticks begin, 0..1;
 * neither the program nor the load knows. However many SIGTTIN it sends in a row, gunicorn
 * gains one worker: standard signals that are pending coalesce. gunicorn's own gauge corrects its count.
 * For uvicorn it sees what its middleware sends, which the user must have pasted in.
 */
export function rustProgram(settings: RustSettings, phase = 0): Controller {
  const program = new RustProgram(settings, phase);
  return {
    name: "rust program",
    tickMs: settings.tickMs,
    initialWorkers: settings.minWorkers,
    actuation: PLAIN_GUNICORN,
    reason: () => program.why,
    finished: (atMs, serviceMs) => program.finished(atMs, serviceMs),
    tick: (sample) => program.tick(sample),
  };
}

/** What it sees at one tick. */
interface Seen {
  readonly now: number;
  /** Finished requests per second, over the window and over the short window of bursts. */
  readonly rps: number;
  readonly shortRps: number;
  readonly p95Ms: number;
}

class RustProgram {
  why = "";
  readonly #settings: RustSettings;
  readonly #seconds: SecondBuckets;
  #ticks: number;
  #startMs: number;
  #lastUpMs: number;
  #lastDownMs: number;
  #lastBurstMs: number;
  #idleSinceMs = 0;
  #downStreak = 0;
  #previousShortRps = 0;
  /** What gunicorn has after the signals of this tick. */
  #target: number;
  /** What the program believes that gunicorn has: it counts every signal that it sent. */
  #believed: number;

  constructor(settings: RustSettings, phase: number) {
    this.#settings = settings;
    this.#seconds = new SecondBuckets(settings.windowSeconds);
    // Its ticks come at whole multiples of tickMs of its own clock.
    this.#ticks = Math.floor(phase * 1000 / settings.tickMs);
    this.#startMs = -this.#ticks * settings.tickMs;
    this.#lastUpMs = -settings.upCooldownMs;
    this.#lastDownMs = -settings.downCooldownMs;
    this.#lastBurstMs = -settings.burstCooldownMs;
    this.#target = this.#believed = settings.minWorkers;
  }

  finished(atMs: number, serviceMs: number): void {
    this.#seconds.record(this.#secondOf(atMs), serviceMs);
  }

  /** The workers that gunicorn has after it. */
  tick(sample: Sample): number {
    const { minWorkers, maxWorkers, tickMs, burstWindowSeconds } = this.#settings;
    const now = sample.nowMs;
    this.#startMs = now - this.#ticks++ * tickMs;
    const second = this.#secondOf(now);
    this.#seconds.moveTo(second);
    const seen = {
      now,
      rps: this.#seconds.rps,
      shortRps: this.#seconds.rpsOver(burstWindowSeconds, second),
      p95Ms: this.#seconds.quantileMs(0.95),
    };
    const gauge = known(sample.workers) && known(sample.workers.target)
      ? sample.workers.target
      : this.#target;
    if (gauge >= minWorkers && gauge <= maxWorkers) this.#target = gauge;
    this.#believed = this.#target;
    const current = this.#target;
    this.#answerBurst(seen, current);
    this.#shrinkWhenIdle(seen);
    this.#followLoad(seen, current);
    return this.#target;
  }

  #secondOf(ms: number): number {
    return Math.floor((ms - this.#startMs) / 1000 + 1e-9);
  }

  #answerBurst({ now, shortRps }: Seen, current: number): void {
    const { burstEnabled, burstMinRps, burstRpsJump, burstCooldownMs, burstAddWorkers, maxWorkers } =
      this.#settings;
    if (!burstEnabled) return;
    const jump = shortRps - this.#previousShortRps;
    this.#previousShortRps = shortRps;
    if (shortRps < burstMinRps || jump < burstRpsJump || now - this.#lastBurstMs < burstCooldownMs) return;
    if (this.#believed >= maxWorkers) return;
    const added = Math.min(maxWorkers - this.#believed, burstAddWorkers);
    this.#signalUp(current, added, `burst of ${shortRps.toFixed(1)} req/s`);
    this.#believed += added;
    this.#lastUpMs = this.#lastBurstMs = now;
    this.#downStreak = 0;
  }

  #shrinkWhenIdle({ now, rps }: Seen): void {
    const { idleSeconds, minWorkers } = this.#settings;
    if (rps >= 0.01) {
      this.#idleSinceMs = now;
    } else if (
      now - this.#idleSinceMs >= idleSeconds * 1000 && this.#believed > minWorkers && this.#mayShrink(now)
    ) {
      this.why = "idle";
      this.#target = --this.#believed;
      this.#lastDownMs = now;
    }
  }

  #followLoad({ now, rps, p95Ms }: Seen, current: number): void {
    const { targetConcPerWorker, sloP95Ms, minWorkers, maxWorkers, upCooldownMs, maxStepUp } = this.#settings;
    const believed = this.#believed;
    let desired = Math.ceil(rps * (p95Ms / 1000) / targetConcPerWorker);
    if (rps > 0.1 && p95Ms > sloP95Ms) desired = Math.max(desired, believed + 1);
    desired = Math.max(minWorkers, Math.min(maxWorkers, desired));
    if (desired > believed && now - this.#lastUpMs >= upCooldownMs) {
      const step = Math.min(maxStepUp, Math.max(1, Math.floor(believed / 2)));
      const sent = Math.min(desired - believed, step);
      this.#signalUp(current, sent, `p95 ${p95Ms.toFixed(0)} ms at ${rps.toFixed(1)} req/s`);
      this.#lastUpMs = now;
      this.#downStreak = 0;
    }
    if (desired < believed && p95Ms <= sloP95Ms && this.#mayShrink(now)) {
      if (++this.#downStreak < 3) return;
      this.why = `${desired} desired at ${rps.toFixed(1)} req/s, three times`;
      this.#target = believed - 1;
      this.#lastDownMs = now;
      this.#downStreak = 0;
    } else if (desired >= believed) this.#downStreak = 0;
  }

  #mayShrink(now: number): boolean {
    const { downCooldownMs, noDownscaleMsAfterUp } = this.#settings;
    return now - this.#lastDownMs >= downCooldownMs && now - this.#lastUpMs >= noDownscaleMsAfterUp;
  }

  /** `sent` signals in one loop: one arrives. */
  #signalUp(current: number, sent: number, reason: string): void {
    this.#target = current + 1;
    this.why = `${reason}: ${sent} SIGTTIN sent, 1 arrives`;
  }
}
