import { errorText } from "../error_text.ts";
import type { Settings } from "../settings/settings.ts";
import { addressText } from "../settings/setting_types.ts";
import {
  hasOption,
  mapUvicornWorker,
  shellWords,
  valueOf,
  withGracefulTimeout,
  withOptions,
  withoutOption,
} from "./arguments.ts";

/** How gunicorn will be started. Made without touching anything, so that `check` can show it. */
export interface LaunchPlan {
  /** Arguments for gunicorn, our own additions included. */
  readonly args: readonly string[];
  /** Workers to begin with, within the bounds. */
  readonly initialWorkers: number;
  /** Where the user's own StatsD packets must be relayed to; undefined when there is no such server. */
  readonly relayTo: string | undefined;
  /** Lines to say: what was taken over or changed. */
  readonly notes: readonly string[];
  /** Sentences; not empty: nothing may be started. */
  readonly errors: readonly string[];
}

/** What a launch is planned from. */
export interface LaunchInput {
  readonly settings: Settings;
  readonly gunicornArgs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Path of the wrapper config; undefined with the probe off. */
  readonly wrapperConfig: string | undefined;
  /** statsd_host from a config file, HOST:PORT or unix://PATH, where gunicorn's configuration was read; else undefined. */
  readonly configuredStatsd?: string | undefined;
}

/** Plans how gunicorn is started: its arguments with ours added, the workers to begin with, what to say about it. */
export function planLaunch(input: LaunchInput): LaunchPlan {
  const { settings, environment } = input;
  const notes: string[] = [];
  const errors: string[] = [];
  const environmentArgs = splitCmdArgs(environment["GUNICORN_CMD_ARGS"], errors);
  const all = [...environmentArgs, ...input.gunicornArgs];
  if (hasOption(all, "daemon")) {
    errors.push(
      "Cannot run gunicorn with --daemon: the autoscaler must stay its parent, leave --daemon out and let your service " +
        "manager put gunicorn-autoscaler in the background",
    );
  }
  let args = mappedArguments(settings, input.gunicornArgs);
  if (args.join("\0") !== input.gunicornArgs.join("\0")) {
    notes.push("uvicorn.workers is deprecated: using uvicorn_worker");
  }
  if (settings.autoSetGracefulTimeout) {
    const longer = withGracefulTimeout(args, environmentArgs);
    if (longer.length > args.length) {
      notes.push(`graceful timeout set to the timeout, ${valueOf(args, "timeout")} s`);
    }
    args = longer;
  }
  const { workers, note } = initialWorkers(input, environmentArgs);
  if (note !== undefined) notes.push(note);
  if (input.wrapperConfig !== undefined) {
    args = withOptions(args, "-c", input.wrapperConfig);
    return { args, initialWorkers: workers, relayTo: undefined, notes, errors };
  }
  if (settings.forkServer !== "off") {
    notes.push(
      `--fork-server ${settings.forkServer} has no effect with --probe off: the fork server is a part of the probe`,
    );
  }
  // Without the probe gunicorn's count is what its command line says, and its StatsD is our only view of requests.
  const theirs = valueOf(args, "statsd-host") ?? valueOf(environmentArgs, "statsd-host") ??
    input.configuredStatsd;
  // A server at our own address is us: relaying to it would go round in circles.
  const relayTo = theirs === addressText(settings.statsdAddr) ? undefined : theirs;
  args = withoutOption(withoutOption(args, "workers"), "statsd-host");
  args = withOptions(args, "--workers", String(workers), "--statsd-host", addressText(settings.statsdAddr));
  if (relayTo !== undefined) notes.push(`StatsD is heard here and relayed on to ${relayTo}`);
  return { args, initialWorkers: workers, relayTo, notes, errors };
}

/** gunicorn's arguments, the worker class that came with Uvicorn replaced where that is wanted. */
export function mappedArguments(settings: Settings, gunicornArgs: readonly string[]): string[] {
  return settings.mapUvicornDeprecated ? mapUvicornWorker(gunicornArgs) : [...gunicornArgs];
}

/** Workers to begin with: -w / --workers, else WEB_CONCURRENCY, else the minimum; always within the bounds. */
function initialWorkers(input: LaunchInput, environmentArgs: readonly string[]) {
  const { settings, gunicornArgs, environment } = input;
  const sources: [string, string | undefined][] = [
    ["--workers", valueOf(gunicornArgs, "workers")],
    ["--workers in GUNICORN_CMD_ARGS", valueOf(environmentArgs, "workers")],
    ["WEB_CONCURRENCY", environment["WEB_CONCURRENCY"]],
  ];
  const [name, text] = sources.find((source) => source[1] !== undefined) ?? [];
  if (name === undefined || text === undefined || !/^\d+$/.test(text.trim())) {
    return { workers: settings.minWorkers, note: undefined };
  }
  const asked = Number(text);
  const workers = Math.min(Math.max(asked, settings.minWorkers), settings.maxWorkers);
  const bound = workers === asked ? "" : `, brought within ${settings.minWorkers} to ${settings.maxWorkers}`;
  return {
    workers,
    note: `${name}=${asked} is the number to begin with${bound}; the autoscaler takes it from there`,
  };
}

function splitCmdArgs(line: string | undefined, errors: string[]): string[] {
  try {
    return shellWords(line ?? "");
  } catch (error) {
    errors.push(`Cannot read GUNICORN_CMD_ARGS: ${errorText(error)}, close the quote`);
    return [];
  }
}
