/** The cost of one worker: CPU, waiting for CPU, memory. */

import type { Maybe } from "../../core/sample.ts";
import { KeptFile } from "../kept_file.ts";
import {
  parseAnonymous,
  parsePrivate,
  parsePss,
  parseResident,
  parseRunQueueWait,
  parseStat,
  parseUnshared,
  type ProcessStat,
  TICKS_PER_SECOND,
} from "./process_stat.ts";
import { Rate } from "./rate.ts";
import { readNames, readText } from "../text_file.ts";

const WINDOW_MS = 1_000;
/** A reading of 10 ms ticks over less than this says little about one worker. */
const TELLING_MS = 300;
/** Most threads read one by one. */
const MOST_THREADS = 64;
/** Memory (1-2 ms a reading) is read soon after the worker is first seen, when it has served, and then every 30 s ... */
const MEMORY_AGAIN_MS = [2_000, 10_000, 30_000];
/** ... and when it has grown by this, bytes; until then the growth is added. */
const GROWN_BYTES = 32 * 2 ** 20;
/** For a larger process the kernel takes too long to compute PSS. */
const LARGE_BYTES = 2 ** 30;
/** Memory that a worker holds for this long counts as its own. */
const KEPT_MS = 1_000;
/** One that has taken this much more counts as growing for that time, bytes: it may load a model. */
const GROWING_BYTES = 16 * 2 ** 20;

/** Follows one worker by its pid. */
export class WorkerCost {
  readonly pid: number;
  /** Whether it was forked with the application in memory. */
  isShared = false;
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
  #rssBytes = 0;
  #rssAtReading = 0;
  /** What it held when it last grew, or less. */
  #rssGrown = Infinity;
  #grewAtMs = -Infinity;
  /** The least of this half of a KEPT_MS and of the two before. */
  readonly #least = [Infinity, Infinity, Infinity];
  #leastFromMs = -Infinity;
  #firstMs: number | undefined;

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
    this.#rssBytes = parseResident(text!) ?? this.#rssBytes;
    this.#firstMs ??= nowMs;
    this.#noteLeast(nowMs);
    this.#noteGrowth(nowMs);
    if (this.#memoryReads > 0 && this.#rssBytes > this.#rssAtReading + GROWN_BYTES) {
      this.memoryDueMs = nowMs;
    }
    return true;
  }

  /** Reads how long its threads stood in the run queue. Costs one file a thread. */
  readWait(nowMs: number): void {
    const waitNs = this.threads > 1 ? this.#waitOfThreads() : waitOf(this.#waitFile.read());
    this.#waitKnown = waitNs !== undefined;
    if (waitNs !== undefined) this.#waitNs.note(waitNs, nowMs);
  }

  /** Reads the worker's share of the memory, in 1-2 ms; of a large worker only its private part. */
  readMemory(nowMs: number): void {
    const isLarge = this.#rssBytes > LARGE_BYTES;
    const rollup = isLarge ? "" : readText(`${this.#folder}/smaps_rollup`) ?? "";
    const bytes = parsePss(rollup) ?? parseUnshared(readText(`${this.#folder}/statm`) ?? "") ??
      parseAnonymous(readText(`${this.#folder}/status`) ?? "");
    if (bytes !== undefined) this.#bytes = bytes;
    this.#ownBytes = parsePrivate(rollup) ?? this.#bytes;
    this.#rssAtReading = this.#rssBytes;
    this.memoryDueMs = nowMs + MEMORY_AGAIN_MS[Math.min(this.#memoryReads, MEMORY_AGAIN_MS.length - 1)]!;
    this.#memoryReads++;
  }

  /** Cores it used over the last second. */
  get cores(): number {
    return (this.#ticks.perMs * 1000) / TICKS_PER_SECOND;
  }

  /** Whether the time is long enough for the resolution of the clock. */
  get isMeasured(): boolean {
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

  /** PSS in bytes; where the kernel does not tell it, its own pages, which is more when gunicorn preloads. */
  get bytes(): Maybe<number> {
    return this.#withGrowth(this.#bytes);
  }

  /** What one more such worker adds: its private pages in bytes where it shares the application, else PSS. */
  get addedBytes(): Maybe<number> {
    return this.#withGrowth(this.isShared ? this.#ownBytes : this.#bytes);
  }

  /** The least that it has added for a second; "unknown" before. */
  keptBytes(nowMs: number): Maybe<number> {
    const least = Math.min(...this.#least);
    return least === Infinity || this.ageMs(nowMs) < KEPT_MS ? "unknown" : least;
  }

  /** Whether it still takes more and more. */
  isGrowing(nowMs: number): boolean {
    return nowMs - this.#grewAtMs < KEPT_MS;
  }

  /** Since it was first looked at. */
  ageMs(nowMs: number): number {
    return nowMs - (this.#firstMs ?? nowMs);
  }

  /** As in /proc/PID/stat; "?" before the first reading. */
  get state(): string {
    return this.#stat?.state ?? "?";
  }

  /** How many threads the worker has; at least 1. */
  get threads(): number {
    return Math.max(1, this.#stat?.threads ?? 1);
  }

  close(): void {
    this.#statFile.close();
    this.#waitFile.close();
  }

  #withGrowth(bytes: Maybe<number>): Maybe<number> {
    return bytes === "unknown" ? bytes : bytes + Math.max(0, this.#rssBytes - this.#rssAtReading);
  }

  #noteGrowth(nowMs: number): void {
    if (this.#rssBytes > this.#rssGrown + GROWING_BYTES) this.#grewAtMs = nowMs;
    else if (this.#rssBytes >= this.#rssGrown) return;
    this.#rssGrown = this.#rssBytes;
  }

  #noteLeast(nowMs: number): void {
    const bytes = this.addedBytes;
    if (bytes === "unknown") return;
    if (nowMs - this.#leastFromMs >= KEPT_MS / 2) {
      this.#least.pop();
      this.#least.unshift(Infinity);
      this.#leastFromMs = nowMs;
    }
    this.#least[0] = Math.min(this.#least[0]!, bytes);
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
