/** Results of the benchmark: one entry a scenario and server, as JSON. */
import type { Outcomes } from "../load/load_report.ts";
import type { WorkerSeries } from "../servers/workers.ts";

/** One server under one load. */
export interface RunResult {
  /** Share (0..1) of all requests answered well within the SLO of being due. */
  readonly shareWithinSlo: number;
  readonly sent: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly workerSeconds: number;
  readonly peakWorkers: number;
  /** Workers when the load ended. */
  readonly lastWorkers: number;
  /** When the number of workers first rose above what it was at the start of the burst, ms; absent when it never did. */
  readonly firstGrowthMs?: number;
  /** PSS of the server with all its processes, the supervisor's too, MB·s over the load. Not in older results. */
  readonly memoryMbSeconds?: number;
  /** CPU time of the server with all its processes, per request, ms. */
  readonly cpuMsPerRequest: number;
  /**
   * Cores' worth of CPU that all but the server used while it computed: load generator, sampler, what else ran. Not in
   * older results. More than a few tenths, and servers that compute were measured on a smaller machine.
   */
  readonly elsewhereCores?: number;
  /**
   * 99th percentile of how late the load generator itself was, ms: when it is large, the latencies are the
   * generator's own.
   */
  readonly generatorLateMs: number;
  readonly workers: WorkerSeries;
  /** Share within SLO and worker-seconds of all runs that this one is the middle of. */
  readonly ofAll?: readonly (readonly [share: number, workerSeconds: number])[];
  /** For each second of the load: requests due, and those of them that missed the SLO. */
  readonly dueEachSecond: readonly number[];
  readonly missedEachSecond: readonly number[];
}

/** A rival that could not take part, and why. */
export interface Absent {
  readonly absent: string;
}

/** All runs, with what is needed to read them. */
export interface Results {
  /** Cores of the machine, its kernel, and the versions compared. */
  machine: Record<string, string | number>;
  /** By scenario, then by rival. */
  scenarios: Record<string, Record<string, RunResult | Absent>>;
}

/** More than this elsewhere is more than load generators and the other servers of a light scenario take together. */
const DISTURBED_CORES = 1;

/** Says so when a run was disturbed; "" when it was not, or is too old to know. */
export function disturbance({ elsewhereCores = 0 }: RunResult): string {
  return elsewhereCores > DISTURBED_CORES
    ? `disturbed: ${elsewhereCores.toFixed(1)} cores were used elsewhere`
    : "";
}

/** Whether the rival did not take part. */
export function isAbsent(result: RunResult | Absent): result is Absent {
  return "absent" in result;
}

/**
 * Of several runs of one server under one load the one with the middle share within SLO (the lower of two), with what all
 * of them reached beside it. Chance decides much where requests wait behind others on connections or in threads.
 */
export function middleOf(runs: readonly (RunResult | Absent)[]): RunResult | Absent {
  const measured = runs.filter((run): run is RunResult => !isAbsent(run));
  if (measured.length < 2) return runs.at(-1)!;
  const sorted = measured.toSorted((a, b) =>
    a.shareWithinSlo - b.shareWithinSlo || a.workerSeconds - b.workerSeconds
  );
  const ofAll = sorted.map(({ shareWithinSlo, workerSeconds }) => [shareWithinSlo, workerSeconds] as const);
  return { ...sorted[(sorted.length - 1) >> 1]!, ofAll };
}

/** Requests due and SLO misses in each second. */
export function eachSecond(
  outcomes: Outcomes,
  seconds: number,
  sloMs: number,
): { due: number[]; missed: number[] } {
  const due = new Array<number>(seconds).fill(0);
  const missed = new Array<number>(seconds).fill(0);
  for (const [i, dueMs] of outcomes.dueMs.entries()) {
    const second = Math.min(seconds - 1, Math.floor(dueMs / 1000));
    due[second]!++;
    if (outcomes.outcome[i] !== "ok" || outcomes.latencyMs[i]! > sloMs) missed[second]!++;
  }
  return { due, missed };
}

/** Reads results; a missing file is an empty one. */
export async function readResults(file: string): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { machine: {}, scenarios: {} };
    throw new Error(
      `Cannot read the results of ${file}: ${(error as Error).message}, remove it or name another file`,
    );
  }
}

/** Writes results, readable in a diff: one line a run. */
export async function writeResults(file: string, results: Results): Promise<void> {
  const scenarios = Object.entries(results.scenarios).map(([name, runs]) => {
    const lines = Object.entries(runs).map(([rival, run]) =>
      `      ${JSON.stringify(rival)}: ${JSON.stringify(run)}`
    );
    return `    ${JSON.stringify(name)}: {\n${lines.join(",\n")}\n    }`;
  });
  const text = `{\n  "machine": ${JSON.stringify(results.machine)},\n  "scenarios": {\n${
    scenarios.join(",\n")
  }\n  }\n}\n`;
  await Deno.writeTextFile(file, text);
}
