import { DEFAULT_POLICY, type PolicySettings } from "./core/policy_settings.ts";
import {
  type Address,
  address,
  addressOr,
  addressText,
  number,
  oneOf,
  optionalText,
  type SettingType,
  text,
  toggle,
  whole,
} from "./setting_types.ts";

/** All that can be set, in the types the program uses. */
export interface Settings {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly sloP95Ms: number;
  readonly tickMs: number;
  readonly windowSeconds: number;
  readonly idleSeconds: number;
  readonly upCooldownMs: number;
  readonly downCooldownMs: number;
  readonly noDownscaleMsAfterUp: number;
  readonly maxStepUp: number;
  readonly targetConcPerWorker: number;
  readonly targetUtilization: number;
  readonly burstEnabled: boolean;
  readonly burstWindowSeconds: number;
  readonly burstRpsJump: number;
  readonly burstMinRps: number;
  readonly burstAddWorkers: number;
  readonly burstCooldownMs: number;
  readonly memoryShare: number;
  readonly probe: "on" | "off";
  readonly statsdAddr: Address;
  readonly statsdPrefix: string;
  readonly gunicorn: string;
  readonly mapUvicornDeprecated: boolean;
  readonly autoSetGracefulTimeout: boolean;
  readonly runtimeDir: string;
  readonly statusAddr: Address | "off";
  readonly statusHosts: string;
  readonly record: string;
  readonly logLevel: "debug" | "info" | "warning" | "error";
  readonly logFormat: "text" | "json";
  readonly dryRun: boolean;
}

export type SettingName = keyof Settings;

export interface Option<K extends SettingName = SettingName> {
  readonly name: K;
  /** Long flag without its dashes: min-workers. */
  readonly flag: string;
  readonly type: SettingType<Settings[K]>;
  /** "cores" for the one default that depends on the machine. */
  readonly default: Settings[K] | "cores";
  readonly group: "Workers" | "Decisions" | "Bursts" | "Signals" | "Gunicorn" | "Output";
  readonly help: string;
}

/** Prefix of every variable. */
export const PREFIX = "GUNICORN_AUTOSCALER_";

const policy = DEFAULT_POLICY;
const option = <K extends SettingName>(
  group: Option["group"],
  name: K,
  type: SettingType<Settings[K]>,
  fallback: Settings[K] | "cores",
  help: string,
): Option<K> => ({ name, flag: flagOf(name), type, default: fallback, group, help });

/** The one table: flags, variables, .env keys, defaults, ranges, help and the docs all come from here. */
export const OPTIONS: readonly Option[] = [
  option("Workers", "minWorkers", whole(1, 10_000), 2, "Never fewer workers than this."),
  option("Workers", "maxWorkers", whole(1, 10_000), "cores", "Never more workers than this."),
  option(
    "Workers",
    "memoryShare",
    number(0.1, 1),
    policy.memoryShare,
    "Share of the memory limit that growth may fill.",
  ),
  option(
    "Decisions",
    "sloP95Ms",
    number(1, 3_600_000),
    policy.sloP95Ms,
    "Objective for the 95th percentile of waiting plus service time.",
  ),
  option("Decisions", "tickMs", whole(20, 60_000), 100, "Time between two samples."),
  option(
    "Decisions",
    "windowSeconds",
    number(0.5, 3_600),
    policy.windowMs / 1000,
    "Window over which load is averaged when it does not burst.",
  ),
  option(
    "Decisions",
    "idleSeconds",
    number(0, 86_400),
    policy.idleMs / 1000,
    "How long fewer workers must have been enough before workers go. Learned up to 16 times as long.",
  ),
  option(
    "Decisions",
    "targetUtilization",
    number(0.05, 1),
    policy.targetUtilization,
    "Share of the workers' slots that may be in use on average.",
  ),
  option(
    "Decisions",
    "targetConcPerWorker",
    number(0.1, 100_000),
    policy.targetConcPerWorker,
    "Requests in flight that one async worker should carry.",
  ),
  option("Decisions", "maxStepUp", whole(1, 10_000), policy.maxStepUp, "Most workers added by one growth."),
  option(
    "Decisions",
    "upCooldownMs",
    whole(0, 86_400_000),
    policy.upCooldownMs,
    "Least time between two growths.",
  ),
  option(
    "Decisions",
    "downCooldownMs",
    whole(0, 86_400_000),
    policy.downCooldownMs,
    "Least time between two shrinks.",
  ),
  option(
    "Decisions",
    "noDownscaleMsAfterUp",
    whole(0, 86_400_000),
    policy.noDownscaleAfterUpMs,
    "Least time from a growth to the next shrink.",
  ),
  option("Bursts", "burstEnabled", toggle(), policy.burstEnabled, "Act on short windows when load jumps."),
  option(
    "Bursts",
    "burstWindowSeconds",
    number(0.1, 3_600),
    policy.burstWindowMs / 1000,
    "The longest of the short windows.",
  ),
  option(
    "Bursts",
    "burstRpsJump",
    number(0, 1_000_000),
    policy.burstRpsJump,
    "Rise of the request rate, in requests/s, that is a burst.",
  ),
  option(
    "Bursts",
    "burstMinRps",
    number(0, 1_000_000),
    policy.burstMinRps,
    "Below this rate nothing is a burst.",
  ),
  option(
    "Bursts",
    "burstAddWorkers",
    whole(1, 10_000),
    policy.burstAddWorkers,
    "Most workers added by one burst decision.",
  ),
  option(
    "Bursts",
    "burstCooldownMs",
    whole(0, 86_400_000),
    policy.burstCooldownMs,
    "Least time between two burst growths.",
  ),
  option(
    "Signals",
    "probe",
    oneOf("on", "off"),
    "on",
    "Attach the probe inside gunicorn: exact signals for every worker class, nothing added to the app.",
  ),
  option(
    "Signals",
    "statsdAddr",
    address(),
    { host: "127.0.0.1", port: 9125 },
    "UDP address to hear StatsD on. Used with --probe off, or when set.",
  ),
  option(
    "Signals",
    "statsdPrefix",
    text("NAME", "a metric prefix"),
    "gunicorn",
    "Taken for the sake of old configurations: metrics are heard under any prefix.",
  ),
  option(
    "Gunicorn",
    "gunicorn",
    text("COMMAND", "a command"),
    "gunicorn",
    'The gunicorn to start: a name, a path, or a command such as "python -m gunicorn".',
  ),
  option(
    "Gunicorn",
    "mapUvicornDeprecated",
    toggle(),
    false,
    "Turn -k uvicorn.workers.UvicornWorker into uvicorn_worker.UvicornWorker.",
  ),
  option(
    "Gunicorn",
    "autoSetGracefulTimeout",
    toggle(),
    true,
    "With --timeout given and --graceful-timeout not, use the same for both.",
  ),
  option(
    "Gunicorn",
    "runtimeDir",
    optionalText("DIR", "a folder"),
    "",
    "Folder to make the private runtime folder in; by default XDG_RUNTIME_DIR, /dev/shm or the temporary folder.",
  ),
  option(
    "Output",
    "statusAddr",
    addressOr("off"),
    "off",
    "TCP address for dashboard, /status and Prometheus metrics, read-only. The commands need none: they use a private socket.",
  ),
  option(
    "Output",
    "statusHosts",
    optionalText("NAMES", "host names, separated by commas"),
    "",
    "Further names by which browsers may call --status-addr. Addresses, single words and names of private networks always may.",
  ),
  option(
    "Output",
    "record",
    optionalText("FILE", "a file name"),
    "",
    "Write every tick to FILE as JSON lines, for report and simulate --from.",
  ),
  option(
    "Output",
    "logLevel",
    oneOf("debug", "info", "warning", "error"),
    "info",
    "Least level of our own log lines.",
  ),
  option(
    "Output",
    "logFormat",
    oneOf("text", "json"),
    "text",
    "Form of our own log lines, on standard error.",
  ),
  option("Output", "dryRun", toggle(), false, "Decide and log, but ask gunicorn for nothing."),
] as unknown as readonly Option[];

/** minWorkers -> min-workers. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z0-9]+(?=[A-Z]|$)|[A-Z]/g, (part) => "-" + part.toLowerCase());
}

/** minWorkers -> GUNICORN_AUTOSCALER_MIN_WORKERS. */
export function variableOf(option: Pick<Option, "flag">): string {
  return PREFIX + option.flag.replaceAll("-", "_").toUpperCase();
}

/** The default as a person would write it. */
export function defaultText(option: Option): string {
  if (option.default === "cores") return "2 x cores + 1, rounded";
  return valueText(option.default);
}

export function valueText(value: Settings[SettingName]): string {
  return typeof value === "object" ? addressText(value) : String(value);
}

/** The part of the settings that the core decides by. */
export function policyOf(settings: Settings): PolicySettings {
  return {
    minWorkers: settings.minWorkers,
    maxWorkers: settings.maxWorkers,
    sloP95Ms: settings.sloP95Ms,
    windowMs: settings.windowSeconds * 1000,
    idleMs: settings.idleSeconds * 1000,
    upCooldownMs: settings.upCooldownMs,
    downCooldownMs: settings.downCooldownMs,
    noDownscaleAfterUpMs: settings.noDownscaleMsAfterUp,
    maxStepUp: settings.maxStepUp,
    targetConcPerWorker: settings.targetConcPerWorker,
    targetUtilization: settings.targetUtilization,
    burstEnabled: settings.burstEnabled,
    burstWindowMs: settings.burstWindowSeconds * 1000,
    burstRpsJump: settings.burstRpsJump,
    burstMinRps: settings.burstMinRps,
    burstAddWorkers: settings.burstAddWorkers,
    burstCooldownMs: settings.burstCooldownMs,
    memoryShare: settings.memoryShare,
  };
}
