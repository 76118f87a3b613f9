import { errorText } from "../../error_text.ts";
import { variableOf } from "../../settings/option.ts";
import type { Settings } from "../../settings/settings.ts";
import { durationMs, expectedRequests } from "../../simulation/load/arrivals.ts";
import { makeAutoscaler } from "../../simulation/report/comparison.ts";
import { runPods } from "../../simulation/pods/cluster.ts";
import { run } from "../../simulation/server/engine.ts";
import { foresight } from "../../simulation/controllers/foresight.ts";
import { page } from "../../simulation/report/page.ts";
import { recordedResult } from "../../simulation/report/recorded_result.ts";
import type { Result } from "../../simulation/report/result.ts";
import type { Scenario } from "../../simulation/server/scenario.ts";
import {
  parseSimulateArguments,
  POLICY_OPTIONS,
  type SimulateArguments,
} from "../../simulation/command_line/simulate_arguments.ts";
import { simulateHelp } from "../../simulation/command_line/simulate_help.ts";
import { percent, table } from "../../simulation/report/results_table.ts";
import { terminalChart } from "../../simulation/report/terminal_chart.ts";
import { tune, type Tuning } from "../../simulation/report/tuning.ts";
import { BAD_USAGE, refuse, tell } from "../refusal.ts";
import { STANDARD_OUTPUT, writePage } from "./page_file.ts";
import { makePlan, type Plan } from "./simulate_plan.ts";
import { print } from "../../output.ts";

/** Widest chart drawn, and the width without a terminal. */
const WIDEST = 120, USUAL = 80;

/**
 * The `simulate` command: runs the autoscaler, and what it is compared with, on a simulated gunicorn.
 * @returns the exit code: 0, or 2 with every error on standard error
 */
export async function simulate(args: readonly string[]): Promise<number> {
  const parsed = parseSimulateArguments(args);
  if (parsed.help) {
    print(simulateHelp());
    return 0;
  }
  const plan = await makePlan(parsed);
  if ("errors" in plan) return refuse(plan.errors, BAD_USAGE);
  for (const warning of plan.warnings) tell(`Warning: ${warning}`);
  const { options } = parsed;
  const { scenario } = plan;
  const simulated = simulateAll(plan, options);
  const { results, ideal, tuning } = simulated;
  if (options.html === STANDARD_OUTPUT) {
    print(pageOf(scenario, options, simulated));
    return 0;
  }
  if (options.html !== "") {
    try {
      await writeResult(scenario, options, simulated);
    } catch (error) {
      return refuse([errorText(error)], BAD_USAGE);
    }
  }
  if (options.json) {
    const report = { scenario: { ...scenario, load: undefined }, results, foresight: ideal, tuning };
    print(JSON.stringify(report, null, 1));
    return 0;
  }
  print(describe(scenario, options));
  print();
  if (options.chart) print(terminalChart(results[0]!, width()).join("\n") + "\n");
  print(table(ideal ? [...results, ideal] : results, ideal).join("\n"));
  if (tuning) print("\n" + tuningText(tuning, options.share).join("\n"));
  if (options.html !== "") print(`\nThe page is in ${options.html}.`);
  return 0;
}

/** What the runs gave. */
interface Simulated {
  /** The autoscaler's first. */
  readonly results: readonly Result[];
  /** What perfect foresight would have paid; undefined where it was not asked for. */
  readonly ideal: Result | undefined;
  readonly tuning: Tuning | undefined;
}

function simulateAll(plan: Plan, options: SimulateArguments["options"]): Simulated {
  const { scenario, recording, initialWorkers } = plan;
  const tuning = options.tune ? tuned(scenario, plan.settings, initialWorkers, options) : undefined;
  const settings = tuning?.best.settings ?? plan.settings;
  const controllers = [
    makeAutoscaler(settings, initialWorkers, tuning ? "tuned" : "autoscaler"),
    ...(tuning ? [makeAutoscaler(plan.settings, initialWorkers, "as given")] : []),
    ...plan.controllers,
  ];
  const results = plan.pods.length > 0
    ? plan.pods.map((pods) => runPods(scenario, pods.make, pods.settings))
    : controllers.map((make) => run(scenario, make()));
  if (recording) results.push(recordedResult(recording, scenario.sloMs));
  const ideal = options.foresight && plan.pods.length === 0
    ? foresight(scenario, settings.minWorkers, settings.maxWorkers, options.share / 100)
    : undefined;
  return { results, ideal, tuning };
}

/** Writes the page that --html asks for. Throws an Error that says why it cannot be written. */
async function writeResult(
  scenario: Scenario,
  options: SimulateArguments["options"],
  simulated: Simulated,
): Promise<void> {
  const html = pageOf(scenario, options, simulated);
  const named = options.load.replace(/^[a-z-]+:/, "");
  await writePage(options.html, html, [options.from, named, named.replace(/:[^:/]+$/, "")]);
}

function pageOf(
  scenario: Scenario,
  options: SimulateArguments["options"],
  { results, ideal }: Simulated,
): string {
  return page({
    title: "gunicorn-autoscaler: simulation",
    subtitle: describe(scenario, options),
    sloMs: scenario.sloMs,
    results,
    foresight: ideal,
  });
}

function tuned(
  scenario: Scenario,
  settings: Settings,
  initialWorkers: number,
  options: SimulateArguments["options"],
): Tuning {
  const beganMs = performance.now();
  const shows = Deno.stderr.isTerminal();
  return tune(scenario, settings, {
    share: options.share / 100,
    initialWorkers,
    stop: () => performance.now() - beganMs > options.tuneSeconds * 1000,
    progress: (trials, best) => {
      if (!shows) return;
      console.error(
        `${trials} tries: ${percent(best.share)} at ${best.workerSeconds.toFixed(1)} worker-seconds`,
      );
    },
  });
}

function tuningText(tuning: Tuning, share: number): string[] {
  const { before, best, changed, trials, complete } = tuning;
  const figure = (trial: Tuning["best"]) =>
    `${percent(trial.share)} within SLO (the worst of three seeds) at ${
      trial.workerSeconds.toFixed(0)
    } worker-seconds`;
  const held = best.share * 100 >= share;
  return [
    `# ${trials} tries${complete ? "" : ", ended by --tune-seconds"}; before: ${figure(before)}`,
    `# ${held ? "best" : `nothing held ${share} %, the nearest`}: ${figure(best)}`,
    ...(changed.length === 0 ? ["# no setting needs to change"] : []),
    ...changed.map((name) => {
      const option = POLICY_OPTIONS.find((one) => one.name === name)!;
      return `${variableOf(option)}=${best.settings[name]}`;
    }),
  ];
}

function describe(scenario: Scenario, { pods, podTarget }: SimulateArguments["options"]): string {
  const { load, model, cores, sloMs, seed } = scenario;
  const seconds = durationMs(load) / 1000;
  const requests = Math.round(expectedRequests(load)).toLocaleString("en");
  const length = seconds >= 7200 ? `${(seconds / 3600).toFixed(1)} h` : `${seconds.toFixed(0)} s`;
  const slots = model.kind === "gthread" ? ` of ${model.slots} threads` : "";
  const server = `${model.kind} workers${slots}, ${Number(cores.toFixed(2))} cores`;
  const where = pods ? `${pods.min}..${pods.max} pods at saturation ${podTarget}, each ${server}` : server;
  return `${length}, about ${requests} requests, ${where}, SLO ${sloMs} ms, seed ${seed}`;
}

function width(): number {
  try {
    return Math.min(WIDEST, Deno.consoleSize().columns);
  } catch {
    return USUAL; // no terminal
  }
}
