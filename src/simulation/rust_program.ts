import { BUCKETS, quantileMs } from "../core/histogram.ts";
import { known, type Sample } from "../core/sample.ts";
import { type Controller, PLAIN_GUNICORN } from "./controller.ts";

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
 * main). It sees finished requests only, in buckets of one second. However many SIGTTIN it sends in a row, gunicorn
 * gains one worker: standard signals that are pending coalesce. Its belief is put right by gunicorn's own gauge.
 * For uvicorn it sees what its middleware sends, which the user must have pasted in.
 */
export function rustProgram(settings: RustSettings): Controller {
  const seconds = new SecondBuckets(settings);
  const { minWorkers: min, maxWorkers: max } = settings;
  let lastUpMs = -settings.upCooldownMs;
  let lastDownMs = -settings.downCooldownMs;
  let lastBurstMs = -settings.burstCooldownMs;
  let idleSinceMs = 0;
  let downStreak = 0;
  let previousShortRps = 0;
  let target = min;
  let why = "";

  const signalUp = (current: number, sent: number, reason: string) => {
    target = current + 1; // `sent` in one loop: one arrives
    why = `${reason}: ${sent} SIGTTIN sent, 1 arrives`;
  };

  return {
    name: "rust program",
    tickMs: settings.tickMs,
    initialWorkers: min,
    actuation: PLAIN_GUNICORN,
    reason: () => why,
    tick(sample) {
      const now = sample.nowMs;
      const { rps, shortRps, p95Ms } = seconds.take(sample);
      const gauge = known(sample.workers) && known(sample.workers.target) ? sample.workers.target : target;
      let believed = gauge >= min && gauge <= max ? gauge : target;
      target = believed;
      const before = believed;

      if (settings.burstEnabled) {
        const delta = shortRps - previousShortRps;
        if (
          shortRps >= settings.burstMinRps && delta >= settings.burstRpsJump &&
          now - lastBurstMs >= settings.burstCooldownMs && believed < max
        ) {
          const add = Math.min(max - believed, settings.burstAddWorkers);
          signalUp(before, add, `burst of ${shortRps.toFixed(1)} req/s`);
          believed += add;
          lastUpMs = lastBurstMs = now;
          downStreak = 0;
        }
        previousShortRps = shortRps;
      }

      if (rps < 0.01) {
        if (
          now - idleSinceMs >= settings.idleSeconds * 1000 && believed > min &&
          now - lastDownMs >= settings.downCooldownMs && now - lastUpMs >= settings.noDownscaleMsAfterUp
        ) {
          why = "idle";
          target = --believed;
          lastDownMs = now;
        }
      } else idleSinceMs = now;

      let desired = Math.ceil(rps * (p95Ms / 1000) / settings.targetConcPerWorker);
      if (rps > 0.1 && p95Ms > settings.sloP95Ms) desired = Math.max(desired, believed + 1);
      desired = Math.max(min, Math.min(max, desired));
      if (desired > believed && now - lastUpMs >= settings.upCooldownMs) {
        const step = Math.min(settings.maxStepUp, Math.max(1, Math.floor(believed / 2)));
        const sent = Math.min(desired - believed, step);
        signalUp(before, sent, `p95 ${p95Ms.toFixed(0)} ms at ${rps.toFixed(1)} req/s`);
        lastUpMs = now;
        downStreak = 0;
      }
      if (
        desired < believed && now - lastDownMs >= settings.downCooldownMs &&
        now - lastUpMs >= settings.noDownscaleMsAfterUp && p95Ms <= settings.sloP95Ms
      ) {
        if (++downStreak >= 3) {
          why = `${desired} desired at ${rps.toFixed(1)} req/s, three times`;
          target = believed - 1;
          lastDownMs = now;
          downStreak = 0;
        }
      } else if (desired >= believed) downStreak = 0;
      return target;
    },
  };
}

/**
 * Finished requests and their durations, a bucket a second of the program's own clock, which starts with its first tick.
 * So a tick comes as a second begins: the newest of a window's buckets is empty, and its rates are that much too low.
 */
class SecondBuckets {
  #buckets: { second: number; requests: number; durations: Float64Array }[] = [];
  #ticks = 0;

  constructor(readonly settings: RustSettings) {}

  take(sample: Sample): { rps: number; shortRps: number; p95Ms: number } {
    const { windowSeconds, burstWindowSeconds, tickMs } = this.settings;
    const finished = known(sample.load)
      ? { requests: sample.load.finished, durations: sample.load.service }
      : known(sample.statsd)
      ? sample.statsd
      : { requests: 0, durations: [] };
    const ownMs = this.#ticks++ * tickMs;
    const heard = Math.floor((ownMs - 1) / 1000);
    let bucket = this.#buckets.at(-1);
    if (bucket?.second !== heard) {
      this.#buckets.push(bucket = { second: heard, requests: 0, durations: new Float64Array(BUCKETS) });
    }
    bucket.requests += finished.requests;
    for (let i = 0; i < BUCKETS; i++) bucket.durations[i]! += finished.durations[i] ?? 0;
    const now = Math.floor(ownMs / 1000);
    this.#buckets = this.#buckets.filter((one) => one.second > now - windowSeconds);
    const all = new Float64Array(BUCKETS);
    let total = 0, short = 0;
    for (const one of this.#buckets) {
      total += one.requests;
      if (one.second > now - burstWindowSeconds) short += one.requests;
      for (let i = 0; i < BUCKETS; i++) all[i]! += one.durations[i]!;
    }
    const p95 = quantileMs(all, 0.95);
    return {
      rps: total / windowSeconds,
      shortRps: short / burstWindowSeconds,
      p95Ms: known(p95) ? p95 : 0,
    };
  }
}
