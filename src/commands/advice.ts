import { isAsync } from "../core/kinds.ts";
import type { WorkerModel } from "../core/sample.ts";
import type { Inspection } from "../gunicorn/inspect.ts";
import type { Settings } from "../settings/settings.ts";
import { quantity } from "../wording/format.ts";

/** What `check` knows when it gives advice. */
export interface AdviceInput {
  readonly settings: Settings;
  readonly inspection: Inspection;
  readonly model: WorkerModel;
  readonly memoryLimitBytes: number | undefined;
  readonly cores: number;
}

/** A worker that takes longer than this to load the application boots too late for a burst. */
const LONG_LOAD_MS = 1_000;
const MIB = 2 ** 20;
/** Of a worker's memory, what it does not share with others: libraries are mapped once. */
const OWN_SHARE = 0.8;

/** Sentences about problems and improvements; empty without any. */
export function advise(input: AdviceInput): string[] {
  return [
    forkServer(input),
    slowBoot(input),
    memory(input),
    reload(input),
    waiting(input),
    reloader(input),
    oneCore(input),
  ]
    .filter((line) => line !== undefined);
}

/** Below this the import is short enough: the limit of --fork-server auto. */
const WORTH_FORKING_MS = 300;

/** What a fork server saves, and from how many workers on it saves memory: it and its spare are processes themselves. */
function forkServer({ settings, inspection, model }: AdviceInput): string | undefined {
  const { app, preload } = inspection;
  const isWanted = settings.forkServer !== "off" && settings.probe === "on";
  if (isWanted && (preload || inspection.reload)) {
    return `--fork-server ${settings.forkServer} has no effect with --${preload ? "preload" : "reload"}`;
  }
  if (settings.forkServer !== "off" || settings.probe === "off" || preload || inspection.reload) {
    return undefined;
  }
  if (app === null || app.load_ms < WORTH_FORKING_MS || app.fork_ms === 0 || model.kind === "unknown") {
    return undefined;
  }
  return `A boot takes ${(app.load_ms / 1000).toFixed(1)} s and ${
    Math.round(app.rss_bytes / MIB)
  } MiB; from a fork server ` +
    `(--fork-server on) about ${Math.max(1, Math.round(app.fork_ms))} ms and ${
      Math.max(1, Math.round(app.fork_bytes / MIB))
    } MiB to begin with. ${sparesMemory(app.rss_bytes, app.fork_bytes)}; ` +
    "docs/fork-server.md says when not to use it";
}

/** Bytes: of a worker with its own import, and of a forked one. */
function sparesMemory(rss: number, forked: number): string {
  const own = rss * OWN_SHARE;
  if (own <= forked) return "It saves no memory";
  // The least n for which n workers of their own are more than the fork server, its spare and n forked ones.
  const from = Math.max(2, Math.floor((own + forked) / (own - forked)) + 1);
  const [many, few] = [from * own, own + (from + 1) * forked].map((bytes) => Math.round(bytes / MIB));
  return `It saves memory from ${from} workers on (about ${few} instead of ${many} MiB)`;
}

function slowBoot({ settings, inspection }: AdviceInput): string | undefined {
  const loadMs = inspection.app?.load_ms ?? 0;
  if (inspection.preload || settings.forkServer !== "off" || loadMs < LONG_LOAD_MS) return undefined;
  return `The application takes ${
    (loadMs / 1000).toFixed(1)
  } s to load, so a new worker helps only after that: ` +
    "with --preload workers are ready at once (if the application opens no connections while it is imported)";
}

/** Workers share a preloaded application until they write to it; half of it is a cautious estimate. */
function memory({ settings, inspection, memoryLimitBytes }: AdviceInput): string | undefined {
  const rss = inspection.app?.rss_bytes ?? 0;
  if (rss === 0 || memoryLimitBytes === undefined) return undefined;
  const worker = inspection.preload ? rss / 2 : rss * OWN_SHARE;
  const fits = Math.floor((memoryLimitBytes * settings.memoryShare - rss) / worker);
  if (fits >= settings.maxWorkers) return undefined;
  return `About ${Math.max(1, fits)} workers of ${Math.round(worker / MIB)} MiB fit into ` +
    `${
      Math.round(memoryLimitBytes / MIB)
    } MiB, fewer than the maximum of ${settings.maxWorkers}: growth will stop at ` +
    "what memory allows; lower --max-workers, or give more memory";
}

/** What the autoscaler and gunicorn's master hold beside the workers. */
const BESIDES_BYTES = 45 * MIB;

/** Why the minimum does not fit into this memory; undefined when it fits, or when the application is unknown. */
export function minimumProblem(
  settings: Settings,
  { app, preload }: Inspection,
  limitBytes: number | undefined,
): string | undefined {
  const rss = app?.rss_bytes ?? 0;
  if (rss === 0 || limitBytes === undefined) return undefined;
  const worker = preload ? rss / 2 : rss * OWN_SHARE;
  const fits = Math.floor((limitBytes - BESIDES_BYTES - (preload ? rss / 2 : 0)) / worker);
  if (fits >= settings.minWorkers) return undefined;
  const many = quantity(settings.minWorkers, "worker");
  return `Cannot fit the minimum of ${many} into ${Math.round(limitBytes / MIB)} MiB: ${
    fits < 1 ? "not one" : fits
  } of ${Math.round(worker / MIB)} MiB ${fits < 2 ? "fits" : "fit"}, give more memory${
    fits < 1 ? "" : " or lower --min-workers"
  }`;
}

function reload({ inspection }: AdviceInput): string | undefined {
  if (!inspection.preload || !inspection.reload) return undefined;
  return "--preload and --reload do not go together: a worker that restarts would not see changed code";
}

function waiting({ inspection, model }: AdviceInput): string | undefined {
  if (model.kind !== "sync") return undefined;
  return "Sync workers serve one request at a time: if yours mostly wait (database, other services), " +
    `-k gthread --threads 4 serves more of them in the same memory${
      inspection.keepalive > 0 ? ", with keep-alive" : ""
    }`;
}

function reloader({ inspection }: AdviceInput): string | undefined {
  return inspection.reload
    ? "--reload is for development: every changed file restarts all workers"
    : undefined;
}

function oneCore({ settings, model, cores }: AdviceInput): string | undefined {
  if (!isAsync(model.kind) || settings.maxWorkers <= 2 * cores + 1) return undefined;
  return `An async worker can use a core of its own: more than ${Math.round(2 * cores + 1)} of them on ${
    quantity(Number(cores.toFixed(2)), "core")
  } seldom help`;
}
