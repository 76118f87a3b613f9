import { DEFAULT_POLICY as policy } from "../core/policy_settings.ts";
import { flagOf, group, type Option, OWN_PREFIX } from "./option.ts";
import {
  address,
  addressOr,
  hostNameList,
  number,
  oneOf,
  optionalText,
  type SettingType,
  text,
  toggle,
  whole,
} from "./setting_types.ts";
import type { SettingName, Settings } from "./settings.ts";

function option<K extends SettingName>(
  name: K,
  type: SettingType<Settings[K]>,
  fallback: Settings[K] | "cores",
  help: string,
): Omit<Option<K>, "group"> {
  const flag = flagOf(name);
  return {
    name,
    flag: GUNICORNS_TOO.includes(flag) ? OWN_PREFIX + flag : flag,
    type,
    default: fallback,
    help,
  };
}

/** gunicorn has options of these names, so ours have a prefix on the command line. */
const GUNICORNS_TOO = ["log-level", "statsd-prefix"];

const WORKERS = group("Workers", [
  option("minWorkers", whole(1, 10_000), 2, "Never fewer workers than this."),
  option(
    "maxWorkers",
    whole(1, 10_000),
    "cores",
    "Never more workers than this. At most 16 by default where there is no CPU quota.",
  ),
  option(
    "memoryShare",
    number(0.1, 1),
    policy.memoryShare,
    "Share of the memory limit that growth may fill.",
  ),
  option(
    "sleepAfter",
    number(0, 31_536_000),
    policy.sleepAfterMs / 1000,
    "Stop all workers after so many seconds without a request; the next one starts them. 0: never.",
  ),
  option(
    "deepSleepAfter",
    number(0, 31_536_000),
    policy.deepSleepAfterMs / 1000,
    "Stop the fork server too after so many seconds without a request. 0: it stays.",
  ),
]);

const DECISIONS = group("Decisions", [
  option(
    "sloP95Ms",
    number(1, 3_600_000),
    policy.sloP95Ms,
    "Objective for the 95th percentile of waiting plus service time.",
  ),
  option("tickMs", whole(20, 60_000), 100, "Time between two samples."),
  option(
    "windowSeconds",
    number(0.5, 3_600),
    policy.windowMs / 1000,
    "Window over which load is averaged when it does not burst.",
  ),
  option(
    "idleSeconds",
    number(0, 86_400),
    policy.idleMs / 1000,
    "How long fewer workers must be enough before workers are removed. Learned, up to 40 times this.",
  ),
  option(
    "targetUtilization",
    number(0.05, 1),
    policy.targetUtilization,
    "Share of the workers' slots that may be in use on average.",
  ),
  option(
    "targetConcPerWorker",
    number(0.1, 100_000),
    policy.targetConcPerWorker,
    "Requests in flight that one async worker should carry.",
  ),
  option("maxStepUp", whole(1, 10_000), policy.maxStepUp, "Most workers added by one growth."),
  option("upCooldownMs", whole(0, 86_400_000), policy.upCooldownMs, "Least time between two growths."),
  option("downCooldownMs", whole(0, 86_400_000), policy.downCooldownMs, "Least time between two shrinks."),
  option(
    "noDownscaleMsAfterUp",
    whole(0, 86_400_000),
    policy.noDownscaleAfterUpMs,
    "Minimum time from a growth to the next shrink.",
  ),
  option(
    "streamGraceSeconds",
    number(0, 86_400),
    policy.streamGraceMs / 1000,
    "How long a surplus worker with open websockets or event streams is kept. 0: until they end.",
  ),
]);

const BURSTS = group("Bursts", [
  option("burstEnabled", toggle(), policy.burstEnabled, "Act on short windows when load jumps."),
  option(
    "burstWindowSeconds",
    number(0.1, 3_600),
    policy.burstWindowMs / 1000,
    "Longest window for bursts.",
  ),
  option(
    "burstRpsJump",
    number(0, 1_000_000),
    policy.burstRpsJump,
    "Rise of the request rate, in requests/s, that is a burst.",
  ),
  option("burstMinRps", number(0, 1_000_000), policy.burstMinRps, "Below this rate nothing is a burst."),
  option(
    "burstAddWorkers",
    whole(1, 10_000),
    policy.burstAddWorkers,
    "Most workers added by one burst decision.",
  ),
  option(
    "burstCooldownMs",
    whole(0, 86_400_000),
    policy.burstCooldownMs,
    "Minimum time between two burst growths.",
  ),
]);

const SIGNALS = group("Signals", [
  option(
    "probe",
    oneOf("on", "off"),
    "on",
    "Attach the probe inside gunicorn: exact signals, nothing added to the application.",
  ),
  option(
    "statsdAddr",
    address("127.0.0.1:9125", 1),
    { host: "127.0.0.1", port: 9125 },
    "UDP address to receive StatsD on. Used with --probe off, or when set.",
  ),
  option(
    "statsdPrefix",
    text("NAME", "a metric prefix"),
    "gunicorn",
    "Accepted for old configurations: metrics count under any prefix.",
  ),
]);

const GUNICORN = group("Gunicorn", [
  option(
    "gunicorn",
    text("COMMAND", "a command"),
    "gunicorn",
    'The gunicorn to start: a name, a path, or a command such as "python -m gunicorn".',
  ),
  option(
    "forkServer",
    oneOf("on", "off", "auto"),
    "off",
    "Fork workers from a process that imported the application once. Needs the probe.",
  ),
  option(
    "lingerSeconds",
    number(0, 86_400),
    0,
    "Keep a draining worker for so long after its last request, for threads and tasks.",
  ),
  option(
    "mapUvicornDeprecated",
    toggle(),
    false,
    "Turn -k uvicorn.workers.UvicornWorker into uvicorn_worker.UvicornWorker.",
  ),
  option(
    "autoSetGracefulTimeout",
    toggle(),
    true,
    "Use a --timeout over 30 s as graceful timeout too, where none is given.",
  ),
  option(
    "runtimeDir",
    optionalText("DIR", "a folder"),
    "",
    "Folder for the private runtime folder. Default: XDG_RUNTIME_DIR, /dev/shm or the temporary folder.",
  ),
]);

const OUTPUT = group("Output", [
  option(
    "statusAddr",
    addressOr("off", "127.0.0.1:9126"),
    "off",
    "TCP address for dashboard, /status and Prometheus metrics, read-only. Commands do not need it.",
  ),
  option(
    "statusHosts",
    hostNameList(),
    "",
    "More host names that --status-addr answers, beside addresses, single words and private names.",
  ),
  option(
    "record",
    optionalText("FILE", "a file name"),
    "",
    "Write every tick to FILE as JSON lines, for report and simulate --from.",
  ),
  option("logLevel", oneOf("debug", "info", "warning", "error"), "info", "Least level of our own log lines."),
  option("logFormat", oneOf("text", "json"), "text", "Form of our own log lines, on standard error."),
  option("dryRun", toggle(), false, "Decide and log, but do not change the number of workers."),
]);

/** The one table: flags, variables, .env keys, defaults, ranges, help and the docs all come from here. */
export const OPTIONS = [
  ...WORKERS,
  ...DECISIONS,
  ...BURSTS,
  ...SIGNALS,
  ...GUNICORN,
  ...OUTPUT,
] as unknown as readonly Option[];

/** What can change while gunicorn runs; all others are read once at the start. */
export const LIVE_OPTIONS: readonly Option[] = OPTIONS.filter((option) =>
  (["Workers", "Decisions", "Bursts"].includes(option.group) && option.name !== "tickMs") ||
  option.name === "forkServer"
);
