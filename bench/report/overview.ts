/** Each server over all loads: the share of requests answered in time, and the memory that it held. */
import { type Absent, isAbsent, type Results, type RunResult } from "./results.ts";
import { type Rival, rivalsNamed } from "../servers/rivals.ts";

/** A server over all loads. */
export interface Overall {
  readonly rival: Rival;
  /** Mean share (0..1) of requests within the objective. */
  readonly shareWithinSlo: number;
  /** Memory × time over the maximum's: geometric mean, in which no load counts more for being long. */
  readonly memoryRatio: number;
}

/** Servers over the same loads, on the same application. */
export interface Group {
  /** None where there is no server. */
  readonly loads: readonly string[];
  readonly servers: readonly Overall[];
  /** Memory × time of the maximum over its worker-seconds, MB. */
  readonly workerMb: number;
}

/** What all others are measured by. */
const [MAXIMUM] = rivalsNamed(["fixed-max"]);

/** These servers over the loads that all of them met: a load that one cannot run counts for none. */
export function overLoads(results: Results, rivals: readonly Rival[]): Group {
  return grouped(results, metByAll(results, rivals), rivals);
}

/** Servers on another application, over those of these loads that all of them met there. */
export function overSameLoads(results: Results, { loads }: Group, rivals: readonly Rival[]): Group {
  return grouped(results, metByAll(results, rivals).filter((load) => loads.includes(load)), rivals);
}

/** Loads of which these servers' memory and the maximum's is known. */
function metByAll({ scenarios }: Results, rivals: readonly Rival[]): string[] {
  return Object.keys(scenarios).filter((load) =>
    [MAXIMUM!, ...rivals].every(({ name }) => measured(scenarios[load]![name])?.memoryMbSeconds !== undefined)
  );
}

function grouped({ scenarios }: Results, loads: readonly string[], rivals: readonly Rival[]): Group {
  const runsOf = ({ name }: Rival) => loads.map((load) => measured(scenarios[load]![name])!);
  const maximum = runsOf(MAXIMUM!);
  const servers = (loads.length === 0 ? [] : rivals).map((rival) => {
    const runs = runsOf(rival);
    const logs = runs.map((run, i) => Math.log(run.memoryMbSeconds! / maximum[i]!.memoryMbSeconds!));
    return {
      rival,
      shareWithinSlo: sum(runs.map((run) => run.shareWithinSlo)) / loads.length,
      memoryRatio: Math.exp(sum(logs) / loads.length),
    };
  });
  const workerMb = sum(maximum.map((run) => run.memoryMbSeconds!)) /
    sum(maximum.map((run) => run.workerSeconds));
  return { loads, servers, workerMb };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function measured(run: RunResult | Absent | undefined): RunResult | undefined {
  return run === undefined || isAbsent(run) ? undefined : run;
}
