import { ownBootMs } from "../../core/boot_time.ts";
import { known } from "../../core/sample.ts";
import { errorText } from "../../error_text.ts";
import type { Settings } from "../../settings/settings.ts";
import { durationMs, expectedRequests } from "../../simulation/load/arrivals.ts";
import { type MakeController, parseComparison } from "../../simulation/report/comparison.ts";
import { type LoadedLoad, readLoad } from "../../simulation/load/loads.ts";
import type { PodRun } from "../../simulation/pods/pod_comparison.ts";
import { Random } from "../../simulation/server/random.ts";
import { recordedSettings } from "../../settings/policy.ts";
import type { Recording } from "../../simulation/load/recording.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../../simulation/server/scenario.ts";
import { parseServiceTime, type ServiceTime } from "../../simulation/load/service_time.ts";
import type { SimulateArguments } from "../../simulation/command_line/simulate_arguments.ts";
import { readSettings } from "../settings_input.ts";
import { planPods } from "./simulate_pods_plan.ts";

/** The random numbers for when the controller looks, apart from those of the load. */
const TICK_STREAM = 5;

/** Each about eleven minutes of computing. */
const MOST_REQUESTS = 1e9;
const MOST_TICKS = 5e7;

const MIB = 2 ** 20;

/** What `simulate` was asked for, ready to run. */
export interface Plan {
  readonly scenario: Scenario;
  readonly settings: Settings;
  readonly initialWorkers: number;
  readonly controllers: readonly MakeController[];
  readonly recording: Recording | undefined;
  /** With --pods: what runs instead, the autoscaler as given first. */
  readonly pods: readonly PodRun[];
  /** Sentences about settings that change nothing. */
  readonly warnings: readonly string[];
}

/** Checks everything before anything runs; every error is listed. */
export async function makePlan(parsed: SimulateArguments): Promise<Plan | { errors: readonly string[] }> {
  const { options, given } = parsed;
  const errors = [...parsed.errors];
  const load = collecting(errors, () => loadOf(parsed));
  if (load) errors.push(...loadProblems(load));
  const service = collecting(errors, () => parseServiceTime(options.service));
  const seen = load?.recording ? recordedServer(load.recording) : {};
  const cores = given.has("cores") ? options.cores : seen.cores ?? options.cores;
  const header = load?.recording?.header;
  const resolved = await readSettings(
    { settings: parsed.policyFlags, envFile: undefined },
    { cores },
    header ? recordedSettings(header.settings) : undefined,
  );
  errors.push(...resolved.errors);
  if (load) errors.push(...lengthProblems(load, resolved.settings.tickMs));
  const isSloOpen = ["recording", "default"].includes(resolved.sources.sloP95Ms);
  const settings = options.slo > 0 && isSloOpen
    ? { ...resolved.settings, sloP95Ms: options.slo }
    : resolved.settings;
  const initialWorkers = given.has("initialWorkers") ? options.initialWorkers : seen.initialWorkers ?? 0;
  const podPlan = planPods(parsed, settings, initialWorkers);
  const comparison = parseComparison(options.pods ? "" : options.compare, settings, initialWorkers);
  // Invalid settings are reported already.
  if (resolved.errors.length === 0) {
    errors.push(...initialWorkersProblems(parsed, settings), ...podPlan.errors, ...comparison.errors);
  }
  if (errors.length > 0 || !load || !service) return { errors };
  const scenario = scenarioOf(parsed, load, service, settings, { ...seen, cores });
  return {
    scenario,
    settings,
    initialWorkers,
    controllers: comparison.controllers,
    recording: options.pods ? undefined : load.recording,
    pods: podPlan.runs,
    warnings: [...resolved.warnings, ...load.warnings ?? []],
  };
}

/** What `read` returns; undefined when it throws: its error is in the list then. */
function collecting<T>(errors: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    errors.push(errorText(error));
    return undefined;
  }
}

/** The load of --load or --from; undefined with both or none of them, which is reported already. */
function loadOf({ options, given }: SimulateArguments): LoadedLoad | undefined {
  if (given.has("load") === given.has("from")) return undefined;
  const { logDuration } = options;
  return readLoad(given.has("from") ? `recording:${options.from}` : options.load, {
    stepMs: options.step,
    scale: options.scale,
    cpuShare: options.cpuShare,
    ...(logDuration === "none" ? {} : { logDuration }),
  });
}

/** No time, or too many requests. */
function loadProblems({ segments }: LoadedLoad): string[] {
  const problems: string[] = [];
  if (durationMs(segments) <= 0) problems.push("Cannot simulate: the load lasts no time, make it longer");
  const requests = expectedRequests(segments);
  if (requests > MOST_REQUESTS) {
    problems.push(
      `Cannot simulate ${requests.toExponential(1)} requests: they take hours, give at most ` +
        `${MOST_REQUESTS.toExponential()} by a shorter load or a smaller --scale`,
    );
  }
  return problems;
}

/** Too many ticks. */
function lengthProblems({ segments }: LoadedLoad, tickMs: number): string[] {
  const hours = durationMs(segments) / 3_600_000;
  const mostHours = Math.floor(MOST_TICKS * tickMs / 3_600_000);
  if (hours <= mostHours) return [];
  return [
    `Cannot simulate ${Math.round(hours)} hours: they take hours to compute, give at most ${mostHours} ` +
    `with --tick-ms=${tickMs}`,
  ];
}

function initialWorkersProblems(
  { options: { initialWorkers }, given }: SimulateArguments,
  { maxWorkers }: Settings,
): string[] {
  if (!given.has("initialWorkers") || initialWorkers <= maxWorkers) return [];
  return [
    `Cannot use --initial-workers=${initialWorkers}: it is above the maximum of ${maxWorkers}, ` +
    "raise --max-workers or lower it",
  ];
}

/** A server as a recording shows it. */
type SeenServer = Partial<Pick<Scenario, "cores" | "model" | "bootMs" | "bootCpuMs">> & {
  initialWorkers?: number;
};

/** What a recording says of the server it was made on. */
function recordedServer(recording: Recording): SeenServer {
  const first = recording.ticks[0]!;
  const cpu = recording.ticks.map(({ sample }) => sample.cpu).find(known);
  const boots = recording.ticks.map(({ sample }) => sample.boots).filter(known);
  const bootMs = boots.map(ownBootMs).findLast(known);
  const bootCpuMs = boots.map(({ lastBootCpuMs = "unknown" }) => lastBootCpuMs).findLast(known);
  // The first ticks come before gunicorn's worker class is known.
  const model = recording.ticks.map(({ sample }) => sample.model).find(({ kind }) => kind !== "unknown");
  return {
    initialWorkers: Math.max(1, first.decision.current),
    ...(model ? { model } : {}),
    ...(cpu ? { cores: cpu.limitCores } : {}),
    ...(bootMs === undefined ? {} : { bootMs }),
    ...(bootMs === undefined || bootCpuMs === undefined ? {} : { bootCpuMs }),
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
  return {
    ...DEFAULT_SCENARIO,
    load: load.segments,
    service,
    arrivals: options.arrivals,
    model: !asked && seen.model ? seen.model : { kind, slots },
    workerConnections: options.workerConnections,
    keptConnections: options.keptConnections,
    keepAliveMs: options.keepAlive,
    cores: seen.cores,
    bootMs,
    bootCpuMs: given.has("bootCpuMs")
      ? options.bootCpuMs
      : Math.min(bootMs, seen.bootCpuMs ?? Math.min(options.bootCpuMs, bootMs / 2)),
    // A recording's CPU share holds the server's own work already.
    requestCpuMs: load.recording && !given.has("requestCpuMs") ? 0 : options.requestCpuMs,
    backlog: options.backlog,
    clientTimeoutMs: options.clientTimeout,
    gracefulTimeoutMs: options.gracefulTimeout,
    sloMs: options.slo > 0 ? options.slo : settings.sloP95Ms,
    memory: options.memoryLimitMb > 0
      ? {
        limitBytes: options.memoryLimitMb * MIB,
        baseBytes: (options.memoryBaseMb + options.memoryForkServerMb) * MIB,
        workerBytes: options.memoryWorkerMb * MIB,
      }
      : "unknown",
    sensors: settings.probe === "on" ? "probe" : "statsd",
    tickPhase: new Random(options.seed, TICK_STREAM).uniform(),
    seed: options.seed,
  };
}
