import type { Logger } from "@logtape/logtape";
import { reloadRoom } from "../core/bounds/memory.ts";
import { endLeftovers, remember } from "../gunicorn/leftovers.ts";
import type { EarlySignals } from "../platform/early_signals.ts";
import { Lifecycle } from "../gunicorn/lifecycle.ts";
import type { Exit, Gunicorn } from "../gunicorn/process.ts";
import { closeInspector, closeInspectorOfUsr1, opensOnUsr1 } from "../platform/inspector.ts";
import { Orphanage } from "../platform/orphans.ts";
import { isForkOnly, type ProcessId, processOf, sessionOf } from "../platform/process_id.ts";
import { SpareMemory } from "../platform/spare_memory.ts";
import { unreadOutput } from "../platform/standard_streams.ts";
import { isStartedByUsr2Of } from "../sensors/machine/children.ts";
import type { Sensing } from "../supervisor/sensing.ts";
import { policyOf } from "../settings/policy.ts";
import type { Settings } from "../settings/settings.ts";
import type { ServiceNotices } from "../status/systemd/service_notices.ts";
import type { StatusServer } from "../status/http/status_server.ts";
import { type FoundCount, Supervisor } from "../supervisor/supervisor.ts";
import { UnreadLog } from "../supervisor/unread_log.ts";
import { type EndedProcess, logEnd } from "./end_log.ts";
import type { Recorder } from "./recorder.ts";

/** How long workers of a killed master may finish their requests. */
const LEFTOVER_MS = 5_000;

/** How often, during the shutdown, gunicorn is looked at: whether it listens, and whether a master starts only now. */
const LATE_MASTER_MS = 200;

/** The parts that supervise a running gunicorn. */
export interface Supervision {
  readonly gunicorn: Gunicorn;
  /** Signals that came since gunicorn was started. */
  readonly early: EarlySignals;
  readonly sensing: Sensing;
  readonly status: StatusServer;
  /** undefined: nothing is recorded. */
  readonly recorder: Recorder | undefined;
  /** undefined: no service manager. */
  readonly notices: ServiceNotices | undefined;
  /** What was started is a program that starts gunicorn itself. */
  readonly isProgram: boolean;
  readonly settings: Settings;
  readonly log: Logger;
  readonly initialWorkers: number;
  /** See SupervisorParts; undefined when gunicorn was told how many to start. */
  readonly found: (() => FoundCount | undefined) | undefined;
  /** See LifecycleParts. */
  readonly beforeReload: () => void;
  /** Called at each tick. */
  readonly beat: () => void;
}

/** Scales gunicorn until it ends, and returns its exit code. */
export async function supervise(parts: Supervision): Promise<number> {
  const { gunicorn, sensing, status, notices, log } = parts;
  sensing.attach(gunicorn);
  if (opensOnUsr1() && await closeInspector()) log.warn("V8's inspector was open and is closed again");
  using memory = new SpareMemory();
  const supervisor = makeSupervisor(parts, memory);
  status.attach({ supervisor, sensing });
  using shutdown = new Shutdown(parts, supervisor);
  const lifecycle = makeLifecycle(parts, supervisor, shutdown);
  const orphanage = new Orphanage(gunicorn.pid);
  using _unexpected = logUnexpectedErrors(log);
  lifecycle.listen(parts.early);
  try {
    const looping = supervisor.run();
    const exit = await lastExit(parts, orphanage);
    notices?.stopping();
    sensing.lookForMaster();
    const isOrderly = shutdown.hasBegun || exit.code === 0;
    const leftovers = remember(leftWorkers(orphanage, sensing.workerPids(), isOrderly));
    supervisor.stop();
    await looping;
    if (exit.code !== 0 || sensing.arbiterFile?.daemon() === undefined) {
      logEnd(exit, endedProcess(parts), { isStopped: shutdown.hasBegun, log });
    }
    const graceMs = sensing.arbiter?.gracefulTimeoutMs ?? LEFTOVER_MS;
    await endLeftMaster(gunicorn, { ending: shutdown.hasBegun, graceMs: graceMs + LEFTOVER_MS, log });
    await endLeftovers(leftovers.filter(({ pid }) => pid !== gunicorn.arbiter?.pid), LEFTOVER_MS);
    return exit.code;
  } finally {
    orphanage.close();
    lifecycle.close();
  }
}

/** The loop, with all that looks at its ticks. */
function makeSupervisor(parts: Supervision, memory: SpareMemory): Supervisor {
  const { sensing, status, recorder, notices, settings, log, initialWorkers, found, beat } = parts;
  const supervisor = new Supervisor({
    sampler: sensing,
    count: sensing.workerCount,
    log,
    settings: policyOf(settings),
    initialWorkers,
    ...(found === undefined ? {} : { found }),
    tickMs: settings.tickMs,
    dryRun: settings.dryRun,
    clock: sensing.clock,
    unreadLog: new UnreadLog(unreadOutput, log),
    onAsleep: (isDeep) => sensing.setDeepSleep(isDeep),
    onThreads: (oneAtATime) => sensing.setOneAtATime(oneAtATime),
    onTick: (record) => {
      memory.note(record.decision.reason.code === "asleep");
      if (!settings.dryRun) sensing.setMaximum(record.settings.maxWorkers);
      sensing.setReloadRoom(reloadRoom(record.sample));
      status.note(record);
      recorder?.note(record);
      beat();
      notices?.note(record, sensing.arbiter?.reloads, supervisor.paceMs);
    },
  });
  return supervisor;
}

/** What the signals do that are sent to us. */
function makeLifecycle(parts: Supervision, supervisor: Supervisor, shutdown: Shutdown): Lifecycle {
  const { gunicorn, sensing, notices, log, beforeReload } = parts;
  return new Lifecycle({
    gunicorn,
    log,
    onEnd: () => shutdown.begin(),
    ending: { isListening: () => sensing.isListening, graceMs: () => sensing.graceMs },
    moveMinimum: (by) => supervisor.moveMinimum(by),
    beforeReload: () => {
      notices?.reloading(sensing.clock(), sensing.arbiter?.reloads);
      beforeReload();
    },
    lookForMaster: () => sensing.lookForMaster(),
    onWoken: () => supervisor.lookWhetherWoken(),
    onUsr1: () => {
      if (opensOnUsr1()) void closeInspectorOfUsr1();
    },
  });
}

/** The time from a signal that ends gunicorn to its end: nothing is decided once it no longer listens. */
class Shutdown implements Disposable {
  readonly #parts: Supervision;
  readonly #supervisor: Supervisor;
  /** There was such a signal. */
  hasBegun = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(parts: Supervision, supervisor: Supervisor) {
    this.#parts = parts;
    this.#supervisor = supervisor;
  }

  begin(): void {
    this.hasBegun = true;
    this.#parts.notices?.stopping();
    this.#look();
    this.#timer ??= setInterval(() => this.#look(), LATE_MASTER_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { sensing } = this.#parts;
    // A master that starts only now would not hear the signal that its launcher got.
    sensing.lookForMaster();
    if (sensing.isListening !== true) this.#supervisor.stop();
  }
}

/** Logs errors that nothing catches, which leave gunicorn alone, until disposed. */
function logUnexpectedErrors(log: Logger): Disposable {
  const note = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    log.error("an unexpected error ({error}); gunicorn is not affected", {
      error: "reason" in event ? String(event.reason) : event.message,
    });
  };
  globalThis.addEventListener("error", note);
  globalThis.addEventListener("unhandledrejection", note);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("error", note);
      globalThis.removeEventListener("unhandledrejection", note);
    },
  };
}

/** How gunicorn ended: the master that we started, or the last of those that SIGUSR2 put in its place. */
async function lastExit({ gunicorn, sensing, log }: Supervision, orphanage: Orphanage): Promise<Exit> {
  let exit = await gunicorn.exited;
  for (let next; (next = nextMaster(gunicorn, orphanage, sensing)) !== undefined;) {
    log.info("SIGUSR2 has replaced gunicorn's master: process {pid} goes on", { pid: next.pid });
    sensing.arbiterFile?.forgetMaster();
    gunicorn.recognise(next);
    exit = { code: await orphanage.ended(next), signal: null };
  }
  return exit;
}

/** The master that SIGUSR2 has started lives on without the one that started it. */
function nextMaster(gunicorn: Gunicorn, orphanage: Orphanage, sensing: Sensing): ProcessId | undefined {
  const published = sensing.arbiterFile?.successor();
  const ended = gunicorn.arbiter?.pid ?? gunicorn.pid;
  const pid = orphanage.orphans.find((pid) => pid === published || isStartedByUsr2Of(ended, pid));
  return pid === undefined ? undefined : processOf(pid);
}

/** A launcher that has ended must not leave gunicorn running without an autoscaler. */
async function endLeftMaster(
  gunicorn: Gunicorn,
  { ending, graceMs, log }: { ending: boolean; graceMs: number; log: Logger },
): Promise<void> {
  if (!gunicorn.hasArbiter) return;
  if (!ending) {
    log.warn("what --gunicorn started has ended and left gunicorn running: it is stopped");
  }
  await endLeftovers([gunicorn.arbiter!], graceMs);
}

/**
 * Workers that outlived their master: known ones and new orphans. After an orderly end an orphan that is another program,
 * or in a session of its own, is a job that the application left running.
 */
function leftWorkers(orphanage: Orphanage, known: readonly number[], isOrderly: boolean): number[] {
  const left = orphanage.orphans.filter((pid) => known.includes(pid));
  const session = sessionOf(Deno.pid);
  const isWorker = (pid: number) => isForkOnly(pid) && sessionOf(pid) === session;
  const strays = orphanage.newOrphans.filter((pid) => !isOrderly || isWorker(pid));
  return [...new Set([...left, ...strays])];
}

/** Which process ended. A program of `exec` may end without ever having started a gunicorn. */
function endedProcess({ gunicorn, isProgram }: Supervision): EndedProcess {
  if (isProgram && (gunicorn.hasLauncher || gunicorn.arbiter === undefined)) return "program";
  return gunicorn.hasLauncher ? "launcher" : "master";
}
