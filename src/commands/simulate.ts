import { known } from "../core/sample.ts";
import { type Settings, variableOf } from "../settings.ts";
import { durationMs, expectedRequests } from "../simulation/arrivals.ts";
import { makeAutoscaler, type MakeController, parseComparison } from "../simulation/comparison.ts";
import { run } from "../simulation/engine.ts";
import { foresight } from "../simulation/foresight.ts";
import { type LoadedLoad, readLoad } from "../simulation/loads.ts";
import { page } from "../simulation/page/page.ts";
import { Random } from "../simulation/random.ts";
import { recordedResult } from "../simulation/recorded_result.ts";
import type { Recording } from "../simulation/recording.ts";
import type { Result } from "../simulation/result.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../simulation/scenario.ts";
import { parseServiceTime, type ServiceTime } from "../simulation/service_time.ts";
import {
  parseSimulateArguments,
  POLICY_OPTIONS,
  type SimulateArguments,
} from "../simulation/simulate_arguments.ts";
import { simulateHelp } from "../simulation/simulate_help.ts";
import { percent, table } from "../simulation/table.ts";
import { terminalChart } from "../simulation/terminal_chart.ts";
import { tune, type Tuning } from "../simulation/tuning.ts";
import { readSettings } from "./settings_input.ts";

/** The random numbers for when the controller looks, apart from those of the load. */
const TICK_STREAM = 5;

/** Widest chart drawn, and the width where the terminal does not tell. */
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
  const plan = makePlan(parsed);
  if ("errors" in plan) {
    for (const error of plan.errors) console.error(error);
    return 2;
  }
  const { options } = parsed;
  const { scenario, recording } = plan;
  let { settings } = plan;
  let tuning: Tuning | undefined;
  if (options.tune) {
    tuning = tuned(scenario, settings, parsed);
    settings = tuning.best.settings;
  }
  const named = tuning ? "tuned" : "autoscaler";
  const controllers = [
    makeAutoscaler(settings, plan.initialWorkers, named),
    ...(tuning ? [makeAutoscaler(plan.settings, plan.initialWorkers, "as given")] : []),
    ...plan.controllers,
  ];
  const results: Result[] = controllers.map((make) => run(scenario, make()));
  if (recording) results.push(recordedResult(recording, scenario.sloMs));
  const ideal = options.foresight
    ? foresight(scenario, settings.minWorkers, settings.maxWorkers, options.share / 100)
    : undefined;
  if (options.html !== "") {
    const content = {
      title: "gunicorn-autoscaler: simulation",
      subtitle: describe(scenario),
      sloMs: scenario.sloMs,
      results,
      foresight: ideal,
    };
    try {
      await Deno.writeTextFile(options.html, page(content));
    } catch (error) {
      console.error(
        `Cannot write ${options.html}: ${(error as Error).message}, name another file with --html`,
      );
      return 2;
    }
  }
  if (options.json) {
    print(
      JSON.stringify(
        { scenario: { ...scenario, load: undefined }, results, foresight: ideal, tuning },
        null,
        1,
      ),
    );
    return 0;
  }
  print(describe(scenario));
  print();
  if (options.chart) print(terminalChart(results[0]!, width()).join("\n") + "\n");
  print(table(ideal ? [...results, ideal] : results, ideal).join("\n"));
  if (tuning) print("\n" + tuningText(tuning, options.share).join("\n"));
  if (options.html !== "") print(`\nThe page is in ${options.html}.`);
  return 0;
}

interface Plan {
  readonly scenario: Scenario;
  readonly settings: Settings;
  readonly initialWorkers: number;
  readonly controllers: readonly MakeController[];
  readonly recording: Recording | undefined;
}

/** All that must be right before anything runs; every error is told. */
function makePlan(parsed: SimulateArguments): Plan | { errors: readonly string[] } {
  const { options, given } = parsed;
  const errors = [...parsed.errors];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      errors.push((error as Error).message);
      return undefined;
    }
  };
  const { logDuration } = options;
  const load = given.has("load") === given.has("from")
    ? undefined
    : attempt(() =>
      readLoad(given.has("from") ? `recording:${options.from}` : options.load, {
        stepMs: options.step,
        scale: options.scale,
        cpuShare: options.cpuShare,
        ...(logDuration === "none" ? {} : { logDuration }),
      })
    );
  if (load && durationMs(load.segments) <= 0) {
    errors.push("Cannot simulate: the load lasts no time, make it longer");
  }
  const service = attempt(() => parseServiceTime(options.service));
  const seen = load?.recording ? recordedServer(load.recording) : {};
  const cores = given.has("cores") ? options.cores : seen.cores ?? options.cores;
  const resolved = readSettings({ settings: parsed.policyFlags, envFile: undefined }, cores);
  errors.push(...resolved.errors);
  let { settings } = resolved;
  if (options.slo > 0 && resolved.sources.sloP95Ms === "default") {
    settings = { ...settings, sloP95Ms: options.slo };
  }
  const initialWorkers = given.has("initialWorkers") ? options.initialWorkers : seen.initialWorkers ?? 0;
  const comparison = parseComparison(options.compare, settings, initialWorkers);
  // Settings that are wrong themselves would only be told again in other words.
  if (resolved.errors.length === 0) errors.push(...comparison.errors);
  if (errors.length > 0 || !load || !service) return { errors };
  const scenario = scenarioOf(parsed, load, service, settings, { ...seen, cores });
  return {
    scenario,
    settings,
    initialWorkers,
    controllers: comparison.controllers,
    recording: load.recording,
  };
}

type SeenServer = Partial<Pick<Scenario, "cores" | "model" | "bootMs">> & { initialWorkers?: number };

/** What a recording says of the server it was made on. */
function recordedServer(recording: Recording): SeenServer {
  const first = recording.ticks[0]!;
  const cpu = recording.ticks.map(({ sample }) => sample.cpu).find(known);
  const boots = recording.ticks.map(({ sample }) => sample.boots).filter(known).map((one) => one.lastBootMs)
    .filter(known);
  const { model } = first.sample;
  return {
    initialWorkers: Math.max(1, first.decision.current),
    ...(model.kind === "unknown" ? {} : { model }),
    ...(cpu ? { cores: cpu.limitCores } : {}),
    ...(boots.length > 0 ? { bootMs: boots[boots.length - 1]! } : {}),
  };
}

function scenarioOf(
  { options, given }: SimulateArguments,
  load: LoadedLoad,
  service: ServiceTime,
  settings: Settings,
  seen: SeenServer & { cores: number },
): Scenario {
  const asked = given.has("workerClass") || given.has("threads");
  const kind = options.workerClass === "sync" && options.threads > 1 ? "gthread" : options.workerClass;
  const slots = kind === "sync" ? 1 : kind === "gthread" ? options.threads : options.workerConnections;
  const bootMs = given.has("bootMs") ? options.bootMs : seen.bootMs ?? options.bootMs;
  const mb = 2 ** 20;
  return {
    ...DEFAULT_SCENARIO,
    load: load.segments,
    service,
    arrivals: options.arrivals,
    model: !asked && seen.model ? seen.model : { kind, slots },
    workerConnections: options.workerConnections,
    cores: seen.cores,
    bootMs,
    bootCpuMs: given.has("bootCpuMs") ? options.bootCpuMs : Math.min(options.bootCpuMs, bootMs / 2),
    // A recording's CPU share holds the server's own work already.
    requestCpuMs: load.recording && !given.has("requestCpuMs") ? 0 : options.requestCpuMs,
    backlog: options.backlog,
    clientTimeoutMs: options.clientTimeout,
    gracefulTimeoutMs: options.gracefulTimeout,
    sloMs: options.slo > 0 ? options.slo : settings.sloP95Ms,
    memory: options.memoryLimitMb > 0
      ? {
        limitBytes: options.memoryLimitMb * mb,
        baseBytes: options.memoryBaseMb * mb,
        workerBytes: options.memoryWorkerMb * mb,
      }
      : "unknown",
    sensors: settings.probe === "on" ? "probe" : "statsd",
    tickPhase: new Random(options.seed, TICK_STREAM).uniform(),
    seed: options.seed,
  };
}

function tuned(scenario: Scenario, settings: Settings, { options }: SimulateArguments): Tuning {
  const beganMs = performance.now();
  const shows = Deno.stderr.isTerminal();
  return tune(scenario, settings, {
    share: options.share / 100,
    initialWorkers: options.initialWorkers,
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

function describe(scenario: Scenario): string {
  const { load, model, cores, sloMs, seed } = scenario;
  const seconds = durationMs(load) / 1000;
  const requests = Math.round(expectedRequests(load)).toLocaleString("en");
  const length = seconds >= 7200 ? `${(seconds / 3600).toFixed(1)} h` : `${seconds.toFixed(0)} s`;
  const slots = model.kind === "gthread" ? ` of ${model.slots} threads` : "";
  return `${length}, about ${requests} requests, ${model.kind} workers${slots}, ${
    Number(cores.toFixed(2))
  } cores, ` +
    `SLO ${sloMs} ms, seed ${seed}`;
}

function width(): number {
  try {
    return Math.min(WIDEST, Deno.consoleSize().columns);
  } catch {
    return USUAL; // no terminal
  }
}

function print(text = ""): void {
  const bytes = new TextEncoder().encode(text + "\n");
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
