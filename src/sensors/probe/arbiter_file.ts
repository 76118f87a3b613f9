/**
 * The supervisor's side of the arbiter file: it writes how many workers are wanted, and reads the state of gunicorn's
 * master. Every word is meaningful alone, so there is no lock.
 */

import type { ReloadRoom } from "../../core/bounds/memory.ts";
import { errorText, UserError } from "../../error_text.ts";
import type { ProcessId } from "../../platform/process_id.ts";
import type { Arbiter, ForkServerReading, ForkServerState } from "./arbiter_reading.ts";
import * as word from "./arbiter_words.ts";
import type { Daemon, DaemonMode, GracefulTimeout, PreparedStart } from "./prepared_start.ts";
import { hasMagic, kindOf, PAGE_BYTES, readStart, wordAt } from "./shared_words.ts";

/** The values of the option fork-server; the numbers of its word. */
export type ForkServerMode = "off" | "on" | "auto";
const MODES: readonly ForkServerMode[] = ["off", "on", "auto"];
const STATES: readonly ForkServerState[] = ["none", "starting", "ready", "refused", "failed"];

const DAEMON_MODES: readonly DaemonMode[] = ["foreground", "restart", "background"];
const ROOMS: readonly ReloadRoom[] = ["one", "none", "more"];

const MAGIC = "GAARB001";

/** A pid is at most 2^22 on Linux. */
const MAX_PID = 4_194_304;
/** More workers, or more requests at once in one, are not believed. */
const MAX_WORKERS = 100_000;
const MAX_SLOTS = 1_000_000;

/** The file, held open. */
export class ArbiterFile {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #halves = new Uint32Array(2 * word.END);
  readonly #bytes = new Uint8Array(this.#halves.buffer);
  #seq = 0;
  #sleeps = 0;
  #isAsleep = false;
  #depth = 0;
  #maximum = 0;
  #reloadRoom: ReloadRoom = "one";

  /**
   * Makes the file, readable by its owner alone, before gunicorn is started.
   * @param path must not exist yet, not even as a link
   * @throws UserError "Cannot create ..." when it exists or the file system refuses (full, read-only)
   */
  constructor(path: string, supervisorPid: number) {
    let file: Deno.FsFile | undefined;
    try {
      file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
      const page = new BigUint64Array(PAGE_BYTES / 8);
      new TextEncoder().encodeInto(MAGIC, new Uint8Array(page.buffer));
      page[word.SUPERVISOR_PID] = BigInt(supervisorPid);
      writeAll(file, new Uint8Array(page.buffer));
      lock(file);
    } catch (error) {
      file?.close();
      const why = errorText(error);
      throw new UserError(
        `Cannot create ${path}: ${why}, give a folder that can be written with --runtime-dir`,
        {
          cause: error,
        },
      );
    }
    this.path = path;
    this.#file = file;
  }

  /** Leaves to gunicorn's configuration what it may name. Before gunicorn is started. */
  prepare(start: PreparedStart): void {
    this.#writeWord(word.FIRST, start.defaultWorkers ?? 0);
    this.#writeWord(word.FEWEST, start.minWorkers ?? 0);
    this.#writeWord(word.MOST, start.maxWorkers ?? 0);
    this.#writeWord(word.FITTING, start.fittingWorkers === Infinity ? 0 : start.fittingWorkers);
    this.#writeWord(word.GRACE, graceWord(start.gracefulTimeout));
    this.#writeWord(word.BACKGROUND, DAEMON_MODES.indexOf(start.daemonMode));
  }

  /**
   * Writes the wanted number of workers and then a new sequence number, and returns the latter. The master looks at
   * them when it gets a SIGTTIN or SIGTTOU. 0 is a sleep, which has a number: what the master has woken from does not come
   * back with a repetition.
   * @throws Error when the file cannot be written any more
   */
  request(workers: number): number {
    if (workers === 0 && !this.#isAsleep) this.#sleeps++;
    this.#isAsleep = workers === 0;
    this.#writeWord(word.WANTED, Math.max(1, workers));
    this.#writeWord(word.SLEEP, this.#isAsleep ? this.#sleeps : 0);
    this.#writeWord(word.WANTED_SEQ, this.#seq + 1);
    return ++this.#seq;
  }

  /**
   * Says what the fork server is to be; the master looks before its next fork.
   * @throws Error when the file cannot be written any more
   */
  setForkServer(mode: ForkServerMode): void {
    this.#writeWord(word.FORK_SERVER, MODES.indexOf(mode));
  }

  /**
   * Says how long a worker stays after its last request before it ends; read when gunicorn starts.
   * @throws Error when the file cannot be written any more
   */
  setLinger(ms: number): void {
    this.#writeWord(word.LINGER_MS, ms);
  }

  /**
   * Says how deep the next sleep is, or the present one: a deep one is without a fork server.
   * @throws Error when the file cannot be written any more
   */
  setDeepSleep(isDeep: boolean): void {
    const depth = isDeep ? 2 : 1;
    if (depth !== this.#depth) this.#writeWord(word.SLEEP_DEPTH, depth);
    this.#depth = depth;
  }

  /**
   * Says how many workers there may be, where that has changed: one that is stuck in its boot gets another beside it.
   * @throws Error when the file cannot be written any more
   */
  setMaximum(workers: number): void {
    if (workers === this.#maximum) return;
    this.#writeWord(word.MAXIMUM, workers);
    this.#maximum = workers;
  }

  /**
   * Says how many processes memory holds beyond those there are, where that has changed, for reloads.
   * @throws Error when the file cannot be written any more
   */
  setReloadRoom(room: ReloadRoom): void {
    if (room === this.#reloadRoom) return;
    this.#writeWord(word.ROOM, ROOMS.indexOf(room));
    this.#reloadRoom = room;
  }

  /** What the master has published; undefined while it has not, or when the file is damaged. */
  read(): Arbiter | undefined {
    const w = this.#halves;
    if (!readStart(this.#file, this.#bytes) || !hasMagic(w, 0, MAGIC)) return undefined;
    const masterPid = wordAt(w, word.MASTER_PID);
    const confirmed = wordAt(w, word.CONFIRMED);
    const alive = wordAt(w, word.ALIVE);
    const configured = wordAt(w, word.CONFIGURED);
    if (masterPid === 0 || masterPid > MAX_PID || Math.max(confirmed, alive, configured) > MAX_WORKERS) {
      return undefined;
    }
    const version = wordAt(w, word.GUNICORN_VERSION);
    return {
      masterPid,
      confirmed,
      confirmedSeq: wordAt(w, word.CONFIRMED_SEQ),
      changes: wordAt(w, word.CHANGES),
      alive,
      draining: Math.min(alive, wordAt(w, word.DRAINING)),
      spawned: wordAt(w, word.SPAWNED),
      bootFailures: wordAt(w, word.BOOT_FAILURES),
      lastBootFailureNs: wordAt(w, word.LAST_BOOT_FAILURE_NS),
      reloads: wordAt(w, word.RELOADS),
      kind: kindOf(wordAt(w, word.KIND)),
      slots: Math.min(MAX_SLOTS, Math.max(1, wordAt(w, word.SLOTS))),
      gracefulTimeoutMs: wordAt(w, word.GRACEFUL_TIMEOUT_MS),
      timeoutMs: wordAt(w, word.TIMEOUT_MS),
      preload: wordAt(w, word.PRELOAD) !== 0,
      configured,
      gunicornVersion: `${Math.floor(version / 10_000)}.${Math.floor(version / 100) % 100}.${version % 100}`,
      readyNs: wordAt(w, word.READY_NS) || undefined,
      forkServer: this.#forkServer(),
      sleep: {
        isPossible: wordAt(w, word.NO_SLEEP) === 0,
        wakes: wordAt(w, word.WAKES),
        wokenNs: wordAt(w, word.WOKEN_NS),
      },
    };
  }

  #forkServer(): ForkServerReading {
    const w = this.#halves;
    const pid = wordAt(w, word.FORK_SERVER_PID);
    const state = STATES[wordAt(w, word.FORK_SERVER_STATE)] ?? "none";
    const forkNs = wordAt(w, word.FORK_NS);
    return {
      state,
      pid: pid > 0 && pid <= MAX_PID ? pid : undefined,
      importMs: wordAt(w, word.FORK_SERVER_IMPORT_MS),
      forks: wordAt(w, word.FORKED),
      lastForkMs: forkNs === 0 ? undefined : forkNs / 1e6,
      failures: wordAt(w, word.FORK_SERVER_FAILURES),
      why: state === "refused" ? this.#why() : "",
    };
  }

  #why(): string {
    const bytes = new Uint8Array(word.WHY_BYTES);
    this.#file.seekSync(word.WHY_AT, Deno.SeekMode.Start);
    const end = bytes.subarray(0, this.#file.readSync(bytes) ?? 0).indexOf(0);
    // deno-lint-ignore no-control-regex
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, end))).replace(/[\x00-\x1f\x7f]/g, " ");
  }

  /**
   * The gunicorn master that said that it is the one we scale, before it is ready; undefined while none has. Whether it
   * still lives shows in its start time.
   */
  claimed(): ProcessId | undefined {
    if (!readStart(this.#file, this.#bytes) || !hasMagic(this.#halves, 0, MAGIC)) return undefined;
    const [pid, startTicks] = [
      wordAt(this.#halves, word.CLAIMED_PID),
      wordAt(this.#halves, word.CLAIMED_START),
    ];
    return pid === 0 || pid > MAX_PID ? undefined : { pid, startTicks };
  }

  /** Pid of the master that SIGUSR2 has started last; 0 for none. */
  successor(): number {
    return readStart(this.#file, this.#bytes) ? wordAt(this.#halves, word.SUCCESSOR) : 0;
  }

  /** Forgets what a master has published that is gone. */
  forgetMaster(): void {
    for (const one of [word.MASTER_PID, word.CLAIMED_PID, word.SUCCESSOR]) this.#writeWord(one, 0);
  }

  /** How gunicorn has ended to be started again as a daemon; undefined when it has not. */
  daemon(): Daemon | undefined {
    const how = readStart(this.#file, this.#bytes) ? wordAt(this.#halves, word.DAEMON) : 0;
    return how === 0 ? undefined : { keepsStreams: how === 2 };
  }

  /**
   * The master's count and the request it answers; undefined before the master is ready. It publishes its count
   * earlier, but until then has no signal handlers, and a doorbell would end it.
   */
  confirmed(): { readonly workers: number; readonly seq: number } | undefined {
    const arbiter = this.read();
    if (arbiter?.readyNs === undefined) return undefined;
    return { workers: arbiter.confirmed, seq: arbiter.confirmedSeq };
  }

  /** Closes the descriptor; the file stays until the folder is removed. */
  close(): void {
    this.#file.close();
  }

  #writeWord(word: number, value: number): void {
    this.#file.seekSync(8 * word, Deno.SeekMode.Start);
    writeAll(this.#file, new Uint8Array(new BigUint64Array([BigInt(value)]).buffer));
  }
}

/** How the word GRACE says it. */
function graceWord(timeout: GracefulTimeout): number {
  if (timeout === "default") return 0;
  return timeout === "timeout" ? 1 : 1 + timeout;
}

/** Held until we die: gunicorn's master sees by it whether we live, also where we are not its parent. */
function lock(file: Deno.FsFile): void {
  try {
    file.lockSync(true);
  } catch {
    // A file system without locks: gunicorn follows us as our own child alone.
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
