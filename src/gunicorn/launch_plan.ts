import { errorText } from "../error_text.ts";
import type { Maybe } from "../core/sample.ts";
import type { DaemonMode, GracefulTimeout, PreparedStart } from "../sensors/probe/prepared_start.ts";
import type { SettingName, Settings } from "../settings/settings.ts";
import type { Source } from "../settings/settings_sources.ts";
import { addressText } from "../settings/setting_types.ts";
import { hasOption, mapUvicornWorker, shellWords, valueOf, withOptions, withoutOption } from "./arguments.ts";
import type { Inspection } from "./inspect.ts";
import { fittingAtFirst, type GivenBounds, type GivenNumber, startNumbers } from "./start_numbers.ts";

/** gunicorn's default graceful timeout, s. */
const DEFAULT_GRACE_S = 30;

/** Where a configuration file has reuse_port. */
const SLEEPLESS = "--sleep-after has no effect with reuse_port: no socket listens while there is no worker";

/** How gunicorn will be started. Planning changes nothing, so that `check` can show it. */
export interface LaunchPlan {
  /** Arguments for gunicorn, our own additions included. */
  readonly args: readonly string[];
  /** Workers to start with, and their bounds. */
  readonly initialWorkers: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** The number that gunicorn is given; undefined when only its master can know it. */
  readonly givenWorkers: number | undefined;
  /** Whether gunicorn's own configuration has the number to start with, which its master reports. */
  readonly isFound: boolean;
  /** What that configuration decides. */
  readonly prepared: PreparedStart;
  /** Where the user's own StatsD packets must be relayed to; undefined when there is no such server. */
  readonly relayTo: string | undefined;
  /** Lines to log: what was taken over or changed. */
  readonly notes: readonly string[];
  /** Sentences; not empty: nothing may be started. */
  readonly errors: readonly string[];
}

/** What a launch is planned from. */
export interface LaunchInput {
  readonly settings: Settings;
  /** Which of our settings are given; none by default. */
  readonly sources?: Readonly<Record<SettingName, Source>>;
  readonly gunicornArgs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Path of the wrapper config; undefined with the probe off. */
  readonly wrapperConfig: string | undefined;
  /** What a gunicorn that is to be a daemon does; it stays in the foreground when not given. */
  readonly daemonMode?: DaemonMode;
  /** gunicorn's configuration, if it was read. */
  readonly inspection?: Inspection | undefined;
  /** Memory that is free; unknown when not given. */
  readonly freeBytes?: Maybe<number>;
}

/** Plans how gunicorn is started: its arguments with ours added, the workers to start with, lines to log. */
export function planLaunch(input: LaunchInput): LaunchPlan {
  const { settings, wrapperConfig } = input;
  const errors: string[] = [];
  const environmentArgs = splitCmdArgs(input.environment["GUNICORN_CMD_ARGS"], errors);
  const all = [...environmentArgs, ...input.gunicornArgs];
  if (wrapperConfig === undefined && hasOption(all, "daemon")) {
    errors.push(
      "Cannot run gunicorn with --daemon and --probe off: the autoscaler must stay its parent, leave one of them out",
    );
  }
  if (settings.sleepAfter > 0) errors.push(...sleepProblems(all, input));
  const args = mappedArguments(settings, input.gunicornArgs);
  const isMapped = args.join("\0") !== input.gunicornArgs.join("\0");
  const { note, ...counts } = plannedCounts(input, args, environmentArgs);
  const notes = [
    ...(settings.sleepAfter > 0 && input.inspection?.reuse_port === true ? [SLEEPLESS] : []),
    ...(settings.deepSleepAfter > 0 ? deepSleepNotes(settings) : []),
    ...(isMapped ? ["uvicorn.workers is deprecated: using uvicorn_worker"] : []),
    ...(note === undefined ? [] : [note]),
  ];
  if (wrapperConfig !== undefined) {
    return { args: withOptions(args, "-c", wrapperConfig), ...counts, relayTo: undefined, notes, errors };
  }
  const bare = withoutProbe(input, args, environmentArgs, counts.initialWorkers);
  return {
    args: bare.args,
    ...counts,
    isFound: false,
    relayTo: bare.relayTo,
    notes: [...notes, ...bare.notes],
    errors,
  };
}

/** The workers to start with, their bounds, and what of it gunicorn's own configuration decides. */
function plannedCounts(
  input: LaunchInput,
  args: readonly string[],
  environmentArgs: readonly string[],
):
  & Pick<LaunchPlan, "initialWorkers" | "minWorkers" | "maxWorkers" | "givenWorkers" | "isFound" | "prepared">
  & {
    readonly note: string | undefined;
  } {
  const { settings, inspection, wrapperConfig } = input;
  const given = givenNumber(input, environmentArgs);
  const bounds = givenBounds(input);
  // A dry run changes nothing.
  const fittingWorkers = settings.dryRun ? Infinity : fittingAtFirst(input.freeBytes ?? "unknown");
  const numbers = startNumbers(bounds, given, fittingWorkers);
  // gunicorn's configuration may name another number: StartCount then has the note.
  const isOpen = given === undefined && inspection === undefined;
  const { minWorkers, maxWorkers } = numbers;
  const initialWorkers = settings.dryRun && inspection ? inspection.workers : numbers.initialWorkers;
  const isFound = settings.dryRun || given === undefined;
  return {
    initialWorkers,
    minWorkers,
    maxWorkers,
    givenWorkers: given?.workers,
    isFound,
    prepared: {
      initialWorkers: isFound && wrapperConfig !== undefined ? undefined : initialWorkers,
      defaultWorkers: isFound && !settings.dryRun ? minWorkers : undefined,
      minWorkers: bounds.isMinGiven ? minWorkers : undefined,
      maxWorkers: bounds.isMaxGiven ? maxWorkers : undefined,
      fittingWorkers,
      gracefulTimeout: gracefulTimeout(settings, [...environmentArgs, ...args]),
      daemonMode: input.daemonMode ?? "foreground",
    },
    note: isOpen ? undefined : numbers.note,
  };
}

/** Without the probe gunicorn's count is what its command line says, and its StatsD is our only view of requests. */
function withoutProbe(
  { settings, inspection }: LaunchInput,
  gunicornArgs: readonly string[],
  environmentArgs: readonly string[],
  initialWorkers: number,
): Pick<LaunchPlan, "args" | "relayTo" | "notes"> {
  const notes: string[] = [];
  let args = [...gunicornArgs];
  const timeout = lengthenedGrace(settings, inspection);
  if (timeout !== undefined) {
    args = withOptions(args, "--graceful-timeout", String(timeout));
    notes.push(`graceful timeout set to the timeout, ${timeout} s`);
  }
  if (settings.forkServer !== "off") {
    notes.push(
      `--fork-server ${settings.forkServer} has no effect with --probe off: the fork server is a part of the probe`,
    );
  }
  const theirs = valueOf(args, "statsd-host") ?? valueOf(environmentArgs, "statsd-host") ??
    inspection?.statsd_host ?? undefined;
  const ours = addressText(settings.statsdAddr);
  // A server at our own address is the autoscaler itself: relaying to it would loop.
  const relayTo = theirs === ours ? undefined : theirs;
  args = withOptions(withoutOption(args, "statsd-host"), "--statsd-host", ours);
  if (!settings.dryRun) {
    args = withOptions(withoutOption(args, "workers"), "--workers", String(initialWorkers));
  }
  if (relayTo !== undefined) notes.push(`StatsD is heard here and relayed on to ${relayTo}`);
  return { args, relayTo, notes };
}

/** Why there can be no sleep: without workers gunicorn's master must notice the client that ends it. */
function sleepProblems(all: readonly string[], { wrapperConfig }: LaunchInput): string[] {
  if (wrapperConfig === undefined) {
    return ["Cannot use --sleep-after with --probe off: the probe is what wakes gunicorn, leave it on"];
  }
  return hasOption(all, "reuse-port")
    ? [
      "Cannot use --sleep-after with gunicorn's --reuse-port: no socket listens while there is no worker, leave one of them out",
    ]
    : [];
}

/** What keeps --deep-sleep-after from having an effect; it may have one later, for all three can be set. */
function deepSleepNotes({ sleepAfter, forkServer }: Settings): string[] {
  if (sleepAfter === 0) return ["--deep-sleep-after has no effect without --sleep-after: nothing sleeps"];
  return forkServer === "off"
    ? ["--deep-sleep-after has no effect without --fork-server: every sleep is deep"]
    : [];
}

/** gunicorn's arguments; with the option, Uvicorn's deprecated worker class is replaced. */
export function mappedArguments(settings: Settings, gunicornArgs: readonly string[]): string[] {
  return settings.mapUvicornDeprecated ? mapUvicornWorker(gunicornArgs) : [...gunicornArgs];
}

/** The minimum and maximum, and which of them are given. */
export function givenBounds({ settings, sources }: Pick<LaunchInput, "settings" | "sources">): GivenBounds {
  const { minWorkers, maxWorkers } = settings;
  const isGiven = (name: SettingName) => sources !== undefined && sources[name] !== "default";
  return { minWorkers, maxWorkers, isMinGiven: isGiven("minWorkers"), isMaxGiven: isGiven("maxWorkers") };
}

/** The number of workers that gunicorn is given; undefined when only its master can know it. */
function givenNumber(input: LaunchInput, environmentArgs: readonly string[]): GivenNumber | undefined {
  const { gunicornArgs, environment, inspection } = input;
  const sources: [string, string | undefined][] = [
    ["--workers=N", valueOf(gunicornArgs, "workers")],
    ["--workers=N of GUNICORN_CMD_ARGS", valueOf(environmentArgs, "workers")],
  ];
  for (const [source, text] of sources) {
    if (text === undefined || !/^\s*\d+\s*$/.test(text)) continue;
    return { workers: Number(text), source: source.replace("N", text.trim()) };
  }
  if (inspection === undefined || !inspection.given.includes("workers")) return undefined;
  return configuredNumber(environment, inspection.workers);
}

/** A number of workers that is not on the command line, and where it comes from. */
export function configuredNumber(
  environment: Readonly<Record<string, string>>,
  workers: number,
): GivenNumber {
  const isVariable = environment["WEB_CONCURRENCY"]?.trim() === String(workers);
  return {
    workers,
    source: isVariable ? `WEB_CONCURRENCY=${workers}` : `workers=${workers} of gunicorn's config`,
  };
}

/** The graceful timeout where the configuration names none. What only prints a configuration prints the user's. */
function gracefulTimeout(settings: Settings, all: readonly string[]): GracefulTimeout {
  const isLeft = ["graceful-timeout", "print-config", "check-config"].some((name) => hasOption(all, name));
  const timeout = valueOf(all, "timeout");
  if (!settings.autoSetGracefulTimeout || isLeft) return "default";
  if (timeout === undefined) return "timeout";
  return /^\d+$/.test(timeout) && Number(timeout) > DEFAULT_GRACE_S ? Number(timeout) : "default";
}

/** The timeout, when it is over 30 s and no graceful timeout is given: a stop should not cut such requests. */
export function lengthenedGrace(settings: Settings, inspection: Inspection | undefined): number | undefined {
  if (!settings.autoSetGracefulTimeout || inspection === undefined) return undefined;
  const { timeout, given } = inspection;
  return given.includes("graceful_timeout") || timeout <= DEFAULT_GRACE_S ? undefined : timeout;
}

function splitCmdArgs(line: string | undefined, errors: string[]): string[] {
  try {
    return shellWords(line ?? "");
  } catch (error) {
    errors.push(`Cannot read GUNICORN_CMD_ARGS: ${errorText(error)}, close the quote`);
    return [];
  }
}
