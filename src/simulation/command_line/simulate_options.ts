import * as v from "valibot";
import { flagOf, group } from "../../settings/option.ts";
import {
  number,
  oneOf,
  optionalText,
  type SettingType,
  text,
  toggle,
  whole,
} from "../../settings/setting_types.ts";
import { type PodRange, podRange } from "../pods/pod_range.ts";
import { parseDuration } from "../load/phases.ts";

/** All that `simulate` takes besides the settings of the autoscaler itself. */
export interface SimulateOptions {
  readonly load: string;
  readonly from: string;
  readonly step: number;
  readonly scale: number;
  readonly arrivals: "poisson" | "uniform";
  readonly service: string;
  readonly logDuration: "none" | "s" | "ms" | "us";
  readonly cpuShare: number;
  readonly seed: number;
  readonly clientTimeout: number;
  readonly workerClass: "sync" | "gthread" | "gevent" | "eventlet" | "tornado" | "uvicorn" | "asgi";
  readonly threads: number;
  readonly workerConnections: number;
  readonly keptConnections: number;
  readonly keepAlive: number;
  readonly bootMs: number;
  readonly bootCpuMs: number;
  readonly requestCpuMs: number;
  readonly backlog: number;
  readonly gracefulTimeout: number;
  readonly cores: number;
  readonly memoryLimitMb: number;
  readonly memoryBaseMb: number;
  readonly memoryForkServerMb: number;
  readonly memoryWorkerMb: number;
  readonly pods: PodRange | undefined;
  readonly podTarget: number;
  readonly podBootSeconds: number;
  readonly podStabilizationSeconds: number;
  readonly podDownPerMinute: number;
  readonly podScrapeSeconds: number;
  readonly podAverageSeconds: number;
  readonly podBalance: "random" | "round-robin";
  readonly podPrestopSeconds: number;
  readonly podEndpointSeconds: number;
  readonly slo: number;
  readonly initialWorkers: number;
  readonly compare: string;
  readonly foresight: boolean;
  readonly tune: boolean;
  readonly share: number;
  readonly tuneSeconds: number;
  readonly html: string;
  readonly json: boolean;
  readonly chart: boolean;
}

/** The name of an option of simulate in the program: clientTimeout. */
export type SimulateOptionName = keyof SimulateOptions;

/** An option of simulate: how it is given and described. */
export interface SimulateOption<K extends SimulateOptionName = SimulateOptionName> {
  readonly name: K;
  readonly flag: string;
  readonly type: SettingType<SimulateOptions[K]>;
  readonly default: SimulateOptions[K];
  readonly group: "Load" | "Server" | "Pods" | "Comparison" | "Output";
  readonly help: string;
}

/** A time such as 250ms, 10s, 5m, 1h, in ms; seconds without a unit. */
function time(): SettingType<number> {
  return {
    placeholder: "TIME",
    range: "a time such as 250ms, 10s, 5m or 1h",
    schema: v.pipe(v.string(), v.transform(parseDuration), v.number(), v.check((ms) => ms > 0)),
  };
}

function option<K extends SimulateOptionName>(
  name: K,
  type: SettingType<SimulateOptions[K]>,
  fallback: SimulateOptions[K],
  help: string,
): Omit<SimulateOption<K>, "group"> {
  return { name, flag: flagOf(name), type, default: fallback, help };
}

const LOAD = group("Load", [
  option("load", optionalText("LOAD", "a load"), "", "What arrives; the forms are above."),
  option(
    "from",
    optionalText("FILE", "a file"),
    "",
    "Replay a recording: the same as --load recording:FILE.",
  ),
  option("step", time(), 1000, "How long each rate of a trace is held."),
  option("scale", number(0, 1e6), 1, "Multiply all rates."),
  option("arrivals", oneOf("poisson", "uniform"), "poisson", "Independent clients, or a metronome."),
  option(
    "service",
    text("SERVICE", "a service time"),
    "constant:100",
    "What a request takes; the forms are above.",
  ),
  option(
    "logDuration",
    oneOf("none", "s", "ms", "us"),
    "none",
    "The last number of each access-log line is its duration, in this unit; takes the place of --service.",
  ),
  option("cpuShare", number(0, 1), 0, "Share of the access log's durations that is CPU."),
  option("seed", whole(0, 2 ** 31), 1, "Same seed, same requests."),
  option("clientTimeout", time(), 10_000, "Clients give up after this; the server still works for them."),
]);

const SERVER = group("Server", [
  option(
    "workerClass",
    oneOf("sync", "gthread", "gevent", "eventlet", "tornado", "uvicorn", "asgi"),
    "sync",
    "How one worker serves.",
  ),
  option("threads", whole(1, 1000), 1, "Threads of a gthread worker; more than one makes sync gthread."),
  option("workerConnections", whole(1, 100_000), 1000, "Connections one gthread or async worker holds."),
  option(
    "keptConnections",
    whole(0, 100_000),
    0,
    "Idle connections that clients, such as a proxy, keep for their next requests; sync workers keep none.",
  ),
  option("keepAlive", time(), 2000, "A worker closes a kept connection that is idle for this long."),
  option("bootMs", number(0, 600_000), 60, "From fork to ready: the application's import."),
  option("bootCpuMs", number(0, 600_000), 30, "How much of that is CPU."),
  option("requestCpuMs", number(0, 1000), 0.3, "CPU of a request besides the application's own."),
  option("backlog", whole(1, 65_536), 2048, "Length of the listen queue."),
  option("gracefulTimeout", time(), 30_000, "A worker that drains longer is killed."),
  option("cores", number(0.05, 1024), 2, "Cores of the machine or container."),
  option("memoryLimitMb", number(0, 1e9), 0, "Memory of the machine or container; 0: not looked at."),
  option("memoryBaseMb", number(0, 1e9), 50, "Memory in use without workers."),
  option(
    "memoryForkServerMb",
    number(0, 1e9),
    0,
    "Memory of a fork server and its spare; a worker's is then its own pages.",
  ),
  option("memoryWorkerMb", number(0, 1e9), 40, "Memory of one worker."),
]);

const PODS = group("Pods", [
  option(
    "pods",
    podRange(),
    undefined,
    "Fewest and most pods, scaled by an HPA on the saturation ratio; cores and memory are then one pod's. Default: one server, no pods.",
  ),
  option("podTarget", number(0.05, 4), 0.8, "The HPA's target, the mean saturation of a pod."),
  option(
    "podBootSeconds",
    number(0, 3600),
    20,
    "From the HPA's order to a ready pod: node, image, gunicorn's boot.",
  ),
  option(
    "podStabilizationSeconds",
    number(0, 3600),
    300,
    "Pods go only to the most that was asked for in this time.",
  ),
  option(
    "podDownPerMinute",
    whole(0, 1000),
    1,
    "Pods that may be removed in a minute; 0: any number, as where an HPA says nothing.",
  ),
  option("podScrapeSeconds", number(0.1, 600), 15, "How often Prometheus asks each pod."),
  option("podAverageSeconds", number(0.1, 3600), 30, "The HPA sees the ratio averaged over this time."),
  option(
    "podBalance",
    oneOf("random", "round-robin"),
    "random",
    "Which ready pod gets a request: any, as behind a Service, or each in turn.",
  ),
  option(
    "podPrestopSeconds",
    number(0, 3600),
    5,
    "A pod that ends serves for this long before it gets TERM.",
  ),
  option("podEndpointSeconds", number(0, 600), 1, "Nodes send it requests for this long."),
]);

const COMPARISON = group("Comparison", [
  option("slo", number(0, 3_600_000), 0, "Latency in ms that counts as in time; 0: as --slo-p95-ms."),
  option("initialWorkers", whole(0, 10_000), 0, "Workers at the start; 0: the minimum."),
  option(
    "compare",
    optionalText("LIST", "a list"),
    "fixed:max",
    "What to set beside the autoscaler, by commas; the forms are above.",
  ),
  option("foresight", toggle(), true, "Compute what perfect foresight would pay."),
  option("tune", toggle(), false, "Search the settings that hold --share for the least worker-seconds."),
  option("share", number(1, 100), 99.5, "Share within SLO to hold, in %."),
  option("tuneSeconds", number(1, 86_400), 60, "Search no longer than this, in seconds."),
]);

const OUTPUT = group("Output", [
  option(
    "html",
    optionalText("FILE", "a file"),
    "",
    "Write one self-contained page with charts; - for standard output.",
  ),
  option("json", toggle(), false, "Print everything as JSON instead of a table."),
  option("chart", toggle(), true, "Draw load, workers and queue in the terminal."),
]);

/** The table: flags, types, defaults and help of `simulate`. */
export const SIMULATE_OPTIONS = [
  ...LOAD,
  ...SERVER,
  ...PODS,
  ...COMPARISON,
  ...OUTPUT,
] as unknown as readonly SimulateOption[];
