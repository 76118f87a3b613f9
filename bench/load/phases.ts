/**
 * A load as phases of constant rate: "5x5s:/sleep/50,60x20s:/sleep/100" is 5 requests a second for 5 s, then
 * 60 for 20 s.
 */

/** A stretch of one rate. */
export interface Phase {
  /** Requests a second; 0 is a pause. */
  readonly ratePerS: number;
  readonly durationMs: number;
  /** What is asked for; "{ms}" in it stands for the service time drawn for each request. */
  readonly path: string;
}

/** Reads phases as written above; a phase without a path asks for "/". Throws on anything else. */
export function parsePhases(text: string): Phase[] {
  return text.split(",").map((part) => {
    const match = part.trim().match(/^([0-9.]+)x([0-9.]+)(ms|s|m)(?::(\/\S*))?$/);
    const [, rate, duration, unit, path] = match ?? [];
    const ratePerS = Number(rate);
    const durationMs = Number(duration) * (unit === "ms" ? 1 : unit === "s" ? 1000 : 60_000);
    if (!Number.isFinite(ratePerS) || !(durationMs > 0)) {
      throw new Error(
        `Cannot read the phase "${part}": it is no RATExDURATION:PATH, write one like 60x20s:/sleep/100`,
      );
    }
    return { ratePerS, durationMs, path: path ?? "/" };
  });
}

/** One phase a rate, all equally long. */
export function phasesOfRates(rates: readonly number[], stepMs: number, path: string): Phase[] {
  return rates.map((ratePerS) => ({ ratePerS, durationMs: stepMs, path }));
}

/** Length of the whole load. */
export function totalMs(phases: readonly Phase[]): number {
  return phases.reduce((sum, phase) => sum + phase.durationMs, 0);
}
