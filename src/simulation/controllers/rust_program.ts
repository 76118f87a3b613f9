import { known } from "../../core/sample.ts";
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

/** Its defaults. */
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
  const seconds = new SecondBuckets(settings.windowSeconds);
  const { tickMs, burstWindowSeconds } = settings;
  // Its ticks come at whole multiples of tickMs of its own clock.
  let ticks = Math.floor(phase * 1000 / tickMs);
  let startMs = -ticks * tickMs;
  const secondOf = (ms: number) => Math.floor((ms - startMs) / 1000 + 1e-9);
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
    tickMs,
    initialWorkers: min,
    actuation: PLAIN_GUNICORN,
    reason: () => why,
    finished: (atMs, serviceMs) => seconds.record(secondOf(atMs), serviceMs),
    tick(sample) {
      const now = sample.nowMs;
      startMs = now - ticks++ * tickMs;
      const second = secondOf(now);
      seconds.moveTo(second);
      const rps = seconds.rps;
      const shortRps = seconds.rpsOver(burstWindowSeconds, second);
      const p95Ms = seconds.quantileMs(0.95);
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
