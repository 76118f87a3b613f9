import { errorText } from "../../error_text.ts";
import type { Settings } from "../../settings/settings.ts";
import { makeAutoscaler, type MakeController, vary } from "../report/comparison.ts";
import { MOST_PODS } from "./pod_range.ts";
import type { PodSettings } from "./pod_settings.ts";

/** The forms of --compare with --pods, for help and errors. */
export const POD_COMPARE_FORMS = [
  ["pods:N, pods:min, pods:max", "the same number of pods all the time, workers come and go in each"],
  ["NAME=VALUE[;...]", "this autoscaler under other settings in each pod"],
] as const;

/** One simulation of pods: what controls the workers of each, and the cluster. */
export interface PodRun {
  readonly make: MakeController;
  readonly settings: PodSettings;
}

/**
 * Reads --compare for pods. A rival or a fixed number of workers reports no saturation for an HPA. Errors are
 * sentences; with any of them nothing may be run.
 */
export function parsePodComparison(
  list: string,
  settings: Settings,
  initialWorkers: number,
  cluster: PodSettings,
): { runs: PodRun[]; errors: string[] } {
  const errors: string[] = [];
  const runs: PodRun[] = [];
  for (const item of list.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
    try {
      runs.push(read(item));
    } catch (error) {
      errors.push(errorText(error));
    }
  }
  return { runs, errors };

  function read(item: string): PodRun {
    const { minPods, maxPods } = cluster.hpa;
    const [, text] = /^pods:(.*)$/.exec(item) ?? [];
    if (text !== undefined) {
      const pods = text === "min" ? minPods : text === "max" ? maxPods : Number(text);
      if (!Number.isInteger(pods) || pods < 1 || pods > MOST_PODS) {
        throw new Error(
          `Cannot compare with "${item}": "${text}" is no number of pods from 1 to ${MOST_PODS}, write pods:4, pods:min or pods:max`,
        );
      }
      return {
        make: makeAutoscaler(settings, initialWorkers, pods === 1 ? "1 pod" : `${pods} pods`),
        settings: { ...cluster, hpa: { ...cluster.hpa, minPods: pods, maxPods: pods } },
      };
    }
    if (!item.includes("=")) {
      const forms = POD_COMPARE_FORMS.map(([form]) => form).join("; ");
      throw new Error(`Cannot compare with "${item}": with --pods that cannot be simulated, use ${forms}`);
    }
    return { make: makeAutoscaler(vary(item, settings), initialWorkers, item), settings: cluster };
  }
}
