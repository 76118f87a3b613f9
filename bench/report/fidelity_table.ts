/** One real run beside its simulations, and their comparison as text. */
import type { Result } from "../../src/simulation/report/result.ts";
import { disturbance, type RunResult } from "./results.ts";
import type { Rival } from "../servers/rivals.ts";

/** How far a simulation may be off: points of the share within SLO, and percent of the worker-seconds. */
export const POINTS = 2, PERCENT = 10;

/** One real run, its simulations, and what they are off by. */
export interface Comparison {
  readonly scenario: string;
  readonly rival: Pick<Rival, "name" | "label">;
  readonly real: RunResult;
  /** At the moments of the server's clock that were tried; of them the one that comes nearest. */
  readonly simulated: readonly Result[];
  readonly nearest: Result;
  /** What the nearest is off by: points of the share within SLO, and percent of the worker-seconds. */
  readonly points: number;
  readonly percent: number;
  readonly good: boolean;
  /** Why the real run is no evidence; "" when it is. */
  readonly disturbed: string;
}

/** Finds the simulation that comes nearest to the real run, and says whether it is good enough. */
export function compare(
  scenario: string,
  rival: Pick<Rival, "name" | "label">,
  real: RunResult,
  simulated: readonly Result[],
): Comparison {
  const points = (one: Result) => 100 * (one.shareWithinSlo - real.shareWithinSlo);
  const percent = (one: Result) => 100 * (one.workerSeconds / real.workerSeconds - 1);
  const distance = (one: Result) =>
    Math.max(Math.abs(points(one)) / POINTS, Math.abs(percent(one)) / PERCENT);
  const nearest = simulated.reduce((best, one) => distance(one) < distance(best) ? one : best);
  return {
    scenario,
    rival,
    real,
    simulated,
    nearest,
    points: points(nearest),
    percent: percent(nearest),
    good: distance(nearest) <= 1,
    disturbed: disturbance(real),
  };
}

/** The heads of the columns of row(). */
export const HEADS = " ".repeat(31) + "within SLO, %".padStart(40) + "worker-seconds".padStart(37) +
  "p95 ms".padStart(17) + "\n" + "scenario        server".padEnd(31) +
  "    real   nearest             all moments     real nearest         all moments     real nearest";

/** A comparison as a line for the terminal. */
export function row(
  { scenario, rival, real, simulated, nearest, points, percent, good, disturbed }: Comparison,
): string {
  const number = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
  const sign = (value: number) => `(${signed(value)})`.padStart(8);
  return scenario.padEnd(16) + rival.name.padEnd(15) +
    number(100 * real.shareWithinSlo, 2, 8) + number(100 * nearest.shareWithinSlo, 2, 10) + sign(points) +
    range(simulated.map((one) => 100 * one.shareWithinSlo), 1).padStart(14) +
    number(real.workerSeconds, 0, 9) + number(nearest.workerSeconds, 0, 8) + sign(percent) +
    range(simulated.map((one) => one.workerSeconds), 0).padStart(12) +
    number(real.p95Ms, 0, 9) + number(nearest.p95Ms, 0, 8) +
    (disturbed ? `   ${disturbed}` : good ? "" : "   OFF");
}

/** The heads of the columns of markdownRow(). */
export const MARKDOWN_HEADS =
  `| scenario | server | within SLO, real | simulated | worker-s, real | simulated | off by |
| --- | --- | ---: | ---: | ---: | ---: | --- |`;

/** A comparison as a row of a Markdown table. */
export function markdownRow(
  { scenario, rival, real, nearest, points, percent, good, disturbed }: Comparison,
): string {
  const off = `${signed(points)} points, ${signed(percent)} %`;
  const verdict = disturbed ? disturbed : good ? off : `**${off}**`;
  return `| ${scenario} | ${rival.label} | ${(100 * real.shareWithinSlo).toFixed(2)} % | ${
    (100 * nearest.shareWithinSlo).toFixed(2)
  } % | ${real.workerSeconds.toFixed(0)} | ${nearest.workerSeconds.toFixed(0)} | ${verdict} |`;
}

function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)}..${Math.max(...values).toFixed(digits)}`;
}

function signed(value: number): string {
  return (value >= 0 ? "+" : "") + value.toFixed(1);
}
