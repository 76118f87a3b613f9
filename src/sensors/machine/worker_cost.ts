/** What one worker costs: CPU, waiting for CPU, memory. */

import type { Maybe } from "../../core/sample.ts";
import { KeptFile } from "../kept_file.ts";
import {
  parseAnonymous,
  parsePrivate,
  parsePss,
  parseRunQueueWait,
  parseStat,
  type ProcessStat,
  TICKS_PER_SECOND,
} from "./process_stat.ts";
import { Rate } from "./rate.ts";
import { readNames, readText } from "../text_file.ts";

const WINDOW_MS = 1_000;
/** A reading of 10 ms ticks over less than this says little about one worker. */
const TELLING_MS = 300;
/** More threads are not looked into one by one. */
const MOST_THREADS = 64;
/** Memory (1-2 ms a reading) is read soon after the worker is first seen, when it has served, and then every 30 s. */
const MEMORY_AGAIN_MS = [2_000, 10_000, 30_000];

/** Follows one worker by its pid. */
export class WorkerCost {
  readonly pid: number;
  /** When the memory is due to be read again. */
  memoryDueMs = -Infinity;
  readonly #folder: string;
  readonly #statFile: KeptFile;
  readonly #waitFile: KeptFile;
  readonly #ticks = new Rate(WINDOW_MS);
  readonly #waitNs = new Rate(WINDOW_MS);
  #stat: ProcessStat | undefined;
  #waitKnown = false;
  #memoryReads = 0;
  #bytes: Maybe<number> = "unknown";
  #ownBytes: Maybe<number> = "unknown";

  constructor(pid: number, root: string) {
    this.pid = pid;
    this.#folder = `${root}/proc/${pid}`;
    this.#statFile = new KeptFile(`${this.#folder}/stat`);
    this.#waitFile = new KeptFile(`${this.#folder}/schedstat`);
  }

  /** False when the process has ended. */
  readCpu(nowMs: number): boolean {
    const text = this.#statFile.read();
    this.#stat = text === undefined ? undefined : parseStat(text);
    if (this.#stat === undefined) return false;
    this.#ticks.note(this.#stat.cpuTicks, nowMs);
    return true;
  }

  /** Reads how long its threads stood in the run queue. Costs one file a thread. */
  readWait(nowMs: number): void {
    const waitNs = this.threads > 1 ? this.#waitOfThreads() : waitOf(this.#waitFile.read());
    this.#waitKnown = waitNs !== undefined;
    if (waitNs !== undefined) this.#waitNs.note(waitNs, nowMs);
  }

  /** Reads its share of the memory: 1-2 ms. */
  readMemory(nowMs: number): void {
    const rollup = readText(`${this.#folder}/smaps_rollup`) ?? "";
    const bytes = parsePss(rollup) ?? parseAnonymous(readText(`${this.#folder}/status`) ?? "");
    if (bytes !== undefined) this.#bytes = bytes;
    this.#ownBytes = parsePrivate(rollup) ?? this.#bytes;
    this.memoryDueMs = nowMs + MEMORY_AGAIN_MS[Math.min(this.#memoryReads, MEMORY_AGAIN_MS.length - 1)]!;
    this.#memoryReads++;
  }

  /** Cores it used over the last second. */
  get cores(): number {
    return (this.#ticks.perMs * 1000) / TICKS_PER_SECOND;
  }

  /** The cores are of long enough a time to tell this worker from the grain of the clock. */
  get isTelling(): boolean {
    return this.#ticks.spanMs >= TELLING_MS;
  }

  /** Cores' worth of time its threads stood ready without running. */
  get waitingCores(): Maybe<number> {
    return this.#waitKnown ? this.#waitNs.perMs / 1e6 : "unknown";
  }

  /** When its waits were read last; -Infinity before. */
  get waitReadAtMs(): number {
    return this.#waitNs.readAtMs;
  }

  /** PSS in bytes; where the kernel does not tell it, its anonymous pages, which is more when gunicorn preloads. */
  get bytes(): Maybe<number> {
    return this.#bytes;
  }

  /** Its private pages in bytes, what one more such worker adds; PSS where the kernel does not tell. */
  get ownBytes(): Maybe<number> {
    return this.#ownBytes;
  }

  /** As in /proc/PID/stat; "?" before the first reading. */
  get state(): string {
    return this.#stat?.state ?? "?";
  }

  /** Its threads; at least 1. */
  get threads(): number {
    return Math.max(1, this.#stat?.threads ?? 1);
  }

  close(): void {
    this.#statFile.close();
    this.#waitFile.close();
  }

  #waitOfThreads(): number | undefined {
    let sum: number | undefined;
    for (const thread of readNames(`${this.#folder}/task`).slice(0, MOST_THREADS)) {
      const waited = waitOf(readText(`${this.#folder}/task/${thread}/schedstat`));
      if (waited !== undefined) sum = (sum ?? 0) + waited;
    }
    return sum;
  }
}

function waitOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseRunQueueWait(text);
}
