/** Pods over time in the cluster beside those of `simulate --pods`. */
import { program } from "../support/autoscaled.ts";
import { run } from "../support/process.ts";
import type { Phase } from "./load.ts";

/** Ready pods each second. */
export type PodSeries = readonly number[];

/** Ready pods that `simulate` predicts, each second. */
export async function simulatedPods(
  phases: readonly Phase[],
  settings: readonly string[],
): Promise<PodSeries> {
  const load = phases.map(({ ratePerS, seconds, serviceMs }) => `${ratePerS}x${seconds}s@${serviceMs}`).join(
    ",",
  );
  const [command, ...words] = program();
  const args = [...words, "simulate", "--load", load, ...settings, "--compare", "pods:min", "--json"];
  const { code, stdout, stderr } = await run(command!, args);
  if (code !== 0) throw new Error(`Cannot simulate: it ended with ${code}\n${stderr}`);
  const [{ pods, timeline }] = JSON.parse(stdout).results;
  const bins: readonly number[] = pods.ready;
  const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0);
  return Array.from(
    { length: seconds },
    (_, second) => bins[Math.min(bins.length - 1, Math.floor(second * 1000 / timeline.binMs))]!,
  );
}

/**
 * Seconds at which the cluster had more than one pod more or fewer than the simulation ever had within
 * `withinS` of them.
 * Example: 3 pods at 100 s, while the simulation goes from 2 to 5 at 110 s: none within 15 s, for 3 is within
 * 2 - 1 and 5 + 1.
 */
export function apart(real: PodSeries, simulated: PodSeries, withinS: number): number[] {
  const seconds = [...real.keys()];
  return seconds.filter((second) => {
    const near = simulated.slice(Math.max(0, second - withinS), second + withinS + 1);
    return real[second]! < Math.min(...near) - 1 || real[second]! > Math.max(...near) + 1;
  });
}

/** "0 s: 2 pods, 46 s: 3 pods". */
export function told(series: PodSeries): string {
  return series.flatMap((pods, second) => pods === series[second - 1] ? [] : `${second} s: ${pods}`).join(
    ", ",
  );
}
