import type { Settings } from "../../settings/settings.ts";
import { makeAutoscaler } from "../../simulation/report/comparison.ts";
import { TOLERANCE } from "../../simulation/pods/hpa.ts";
import { KUBERNETES_BEHAVIOR } from "../../simulation/pods/hpa_rules.ts";
import { parsePodComparison, type PodRun } from "../../simulation/pods/pod_comparison.ts";
import type { PodSettings } from "../../simulation/pods/pod_settings.ts";
import type { SimulateArguments } from "../../simulation/command_line/simulate_arguments.ts";
import { SIMULATE_OPTIONS } from "../../simulation/command_line/simulate_options.ts";

/** Time between two looks of the HPA: kube-controller-manager's default. */
const SYNC_MS = 15_000;

/** The runs that --pods asks for, none without it; every error is a sentence. */
export function planPods(
  { options, given }: SimulateArguments,
  settings: Settings,
  initialWorkers: number,
): { runs: PodRun[]; errors: string[] } {
  const { pods } = options;
  if (!pods) {
    if (given.has("pods")) return { runs: [], errors: [] }; // its value is wrong and already reported
    const useless = SIMULATE_OPTIONS.filter(({ group, name }) => group === "Pods" && given.has(name));
    const errors = useless.map(({ flag }) =>
      `Cannot use --${flag}: there are no pods, add --pods MIN..MAX such as --pods 1..10`
    );
    return { runs: [], errors };
  }
  const errors: string[] = [];
  for (const name of ["tune", "foresight"] as const) {
    if (given.has(name) && options[name]) {
      errors.push(`Cannot use --${name} with --pods: it is for one server, leave one of them out`);
    }
  }
  const { podAverageSeconds, podScrapeSeconds } = options;
  if (podAverageSeconds < podScrapeSeconds) {
    errors.push(
      `Cannot use --pod-average-seconds=${podAverageSeconds}: Prometheus asks every ${podScrapeSeconds} s only, ` +
        `give no less than --pod-scrape-seconds`,
    );
  }
  const cluster = clusterOf(options, pods);
  const list = given.has("compare") ? options.compare : pods.min < pods.max ? "pods:max" : "";
  const comparison = parsePodComparison(list, settings, initialWorkers, cluster);
  const own = { make: makeAutoscaler(settings, initialWorkers), settings: cluster };
  return { runs: [own, ...comparison.runs], errors: [...errors, ...comparison.errors] };
}

function clusterOf(
  options: SimulateArguments["options"],
  pods: { readonly min: number; readonly max: number },
): PodSettings {
  const { podDownPerMinute } = options;
  const down = KUBERNETES_BEHAVIOR.down;
  return {
    hpa: {
      minPods: pods.min,
      maxPods: pods.max,
      target: options.podTarget,
      tolerance: TOLERANCE,
      up: KUBERNETES_BEHAVIOR.up,
      down: {
        stabilizationMs: options.podStabilizationSeconds * 1000,
        policies: podDownPerMinute > 0
          ? [{ kind: "pods", value: podDownPerMinute, periodMs: 60_000 }]
          : down.policies,
      },
    },
    syncMs: SYNC_MS,
    scrapeMs: options.podScrapeSeconds * 1000,
    averageMs: options.podAverageSeconds * 1000,
    bootMs: options.podBootSeconds * 1000,
    preStopMs: options.podPrestopSeconds * 1000,
    endpointMs: options.podEndpointSeconds * 1000,
    balance: options.podBalance,
  };
}
