/** When each request is due and what it asks for: fixed before the load starts, so that no slow answer can shift it. */
import { Random } from "../../src/simulation/server/random.ts";
import type { Phase } from "./phases.ts";

/** Poisson: independent users. Uniform: equal gaps. */
export type ArrivalKind = "poisson" | "uniform";

/** A lognormal service time, for paths with "{ms}". */
export interface ServiceTime {
  readonly medianMs: number;
  /** Standard deviation of the logarithm; 0 is constant. */
  readonly sigma: number;
}

/** The requests of a load, in order of time. */
export interface Schedule {
  /** When each is due, ms from the start of the load. */
  readonly dueMs: Float64Array;
  /** Index of the phase each belongs to. */
  readonly phase: Int32Array;
  readonly paths: readonly string[];
}

/** How requests come, and how long they take. */
export interface ScheduleOptions {
  readonly arrivals?: ArrivalKind;
  /** Equal seeds give equal schedules, on any machine. */
  readonly seed?: number;
  readonly service?: ServiceTime;
}

/** Streams of the random numbers: changing the service times leaves the arrivals as they were. */
const ARRIVALS = 1;
const SERVICE = 2;

/**
 * The schedule of a load. Arrivals are spaced in the integral of the rate (1 apart for uniform, exponential with mean 1
 * for Poisson), so that a change of rate takes effect at its very moment.
 */
export function schedule(phases: readonly Phase[], options: ScheduleOptions = {}): Schedule {
  const { arrivals = "poisson", seed = 1, service = { medianMs: 50, sigma: 0 } } = options;
  const arrival = new Random(seed, ARRIVALS);
  const serviceTime = new Random(seed, SERVICE);
  const gap = () => arrivals === "uniform" ? 1 : arrival.exponential();
  const dueMs: number[] = [];
  const phase: number[] = [];
  const paths: string[] = [];
  let startMs = 0;
  let startIntegral = 0; // requests expected until the phase starts
  let next = arrivals === "uniform" ? 0 : gap();
  for (const [index, { ratePerS, durationMs, path }] of phases.entries()) {
    const endIntegral = startIntegral + ratePerS * durationMs / 1000;
    while (next < endIntegral) {
      dueMs.push(startMs + (next - startIntegral) / ratePerS * 1000);
      phase.push(index);
      paths.push(
        path.includes("{ms}") ? path.replace("{ms}", drawMs(serviceTime, service).toFixed(1)) : path,
      );
      next += gap();
    }
    startIntegral = endIntegral;
    startMs += durationMs;
  }
  return { dueMs: Float64Array.from(dueMs), phase: Int32Array.from(phase), paths };
}

function drawMs(random: Random, { medianMs, sigma }: ServiceTime): number {
  return sigma === 0 ? medianMs : medianMs * Math.exp(sigma * random.normal());
}
