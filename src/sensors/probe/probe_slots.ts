/**
 * What the probe tells: all workers' slots of the runtime folder, read through kept descriptors and added up. 1.1 us a
 * read, two reads a slot. Nothing that stands in a slot can make this throw or report more than is possible.
 */

import type { Load, Maybe, WorkerCounts, WorkerModel } from "../../core/sample.ts";
import { LoadSums } from "./load_sums.ts";
import type { SlotHead } from "./slot.ts";
import { SlotFile } from "./slot_file.ts";
import { describe, type SlotWorker } from "./slot_worker.ts";
import { exists } from "../text_file.ts";

/** One boot. */
export interface BootReading {
  /** Fork to ready. */
  readonly ms: number;
  /** CPU of all its threads, and what its main thread stood in the run queue; "unknown" where it was not told. */
  readonly cpuMs: Maybe<number>;
  readonly waitMs: Maybe<number>;
}

/** What all slots come to. */
export interface SlotsReading {
  /** "unknown" when no worker that serves has a slot that can be believed. */
  readonly load: Maybe<Load>;
  readonly counts: Pick<WorkerCounts, "ready" | "booting" | "draining" | "oldestBootMs">;
  /** Workers that boot for so long that they are no longer expected: they are in no other count. */
  readonly stuck: number;
  /** Class and slots of the youngest worker; parallel where any worker found that its requests are. */
  readonly model: Maybe<WorkerModel>;
  /** Of the worker that became ready last. */
  readonly lastBoot: Maybe<BootReading>;
  /** Oldest first. */
  readonly workers: readonly SlotWorker[];
  /** Whether any worker has a meter, believed or not: then the probe is what tells of requests. */
  readonly isMetered: boolean;
}

const SLOT_NAME = /^w-([1-9]\d{0,6})$/;
/** More slots than this are not opened. */
const MOST_SLOTS = 4_096;
/** A worker is expected to serve until its boot has taken so many times the last one, and for so long at least. */
const USUAL_BOOTS = 3;
const LEAST_EXPECTED_MS = 10_000;
/** ... and for so long while no boot has been seen: gunicorn's own default timeout ends a worker then. */
const FIRST_EXPECTED_MS = 30_000;
/** Slots of processes that are no workers cost a look each: at most this many a read. */
const MOST_STRANGERS = 64;

/** The slots of one runtime folder. */
export class ProbeSlots {
  readonly #folder: string;
  readonly #isWorker: (pid: number) => boolean;
  readonly #isAlive: (pid: number) => boolean;
  readonly #slots = new Map<number, SlotFile>();
  #lastNs: number | undefined;
  #lastBoot: BootReading & { readonly readyNs: number } | undefined;

  /**
   * @param isWorker asked once for each new slot: an app may make slots for workers that there are not
   * @param isAlive asked of a worker whose file is gone: another process than its master may have removed it
   */
  constructor(
    folder: string,
    isWorker: (pid: number) => boolean = () => true,
    isAlive: (pid: number) => boolean = () => false,
  ) {
    this.#folder = folder;
    this.#isWorker = isWorker;
    this.#isAlive = isAlive;
  }

  /** Reads all slots. `nowNs` is CLOCK_MONOTONIC, and later than in the call before. */
  read(nowNs: number): SlotsReading {
    const gone = this.#followFolder();
    const sinceNs = this.#lastNs;
    this.#lastNs = nowNs;
    const sums = new LoadSums();
    for (const slot of gone) {
      slot.look(nowNs);
      sums.add(slot, slot.advance({ nowNs, isGone: true }, sinceNs, sums));
      slot.close();
    }
    const workers: SlotWorker[] = [];
    const counts = { ready: 0, booting: 0, draining: 0, oldestBootMs: 0 };
    let stuck = 0;
    let covered = 0;
    let isMetered = false;
    let youngest: SlotHead | undefined;
    let isParallel = false;
    for (const slot of this.#slots.values()) {
      slot.look(nowNs);
      const head = slot.head;
      if (head === undefined) continue;
      if (head.metered) isMetered = true;
      const delta = slot.advance({ nowNs, isGone: false }, sinceNs, sums);
      const bootedMs = head.state === "booting" ? (nowNs - head.bootNs) / 1e6 : 0;
      if (bootedMs > this.#expectedMs()) {
        stuck++;
      } else {
        counts[head.state]++;
        counts.oldestBootMs = Math.max(counts.oldestBootMs, bootedMs);
      }
      if (head.state === "ready" && slot.credible) covered++;
      if (youngest === undefined || head.age >= youngest.age) youngest = head;
      // New workers have not found out yet.
      if (head.isParallel && head.state === "ready") isParallel = true;
      this.#noteBoot(head);
      sums.add(slot, delta);
      sums.addGauges(slot, head, nowNs);
      workers.push(describe(slot, head, delta, nowNs, sinceNs));
    }
    workers.sort((a, b) => b.ageMs - a.ageMs || a.pid - b.pid);
    const serving = counts.ready + counts.draining;
    const known = sums.slots > 0 && serving > 0 && (covered > 0 || counts.ready === 0);
    return {
      load: known ? sums.load(counts.ready === 0 ? 1 : covered / counts.ready) : "unknown",
      counts,
      stuck,
      model: youngest === undefined ? "unknown" : modelOf(youngest, isParallel),
      lastBoot: this.#lastBoot ?? "unknown",
      workers,
      isMetered,
    };
  }

  #expectedMs(): number {
    if (this.#lastBoot === undefined) return FIRST_EXPECTED_MS;
    return Math.max(LEAST_EXPECTED_MS, USUAL_BOOTS * this.#lastBoot.ms);
  }

  /** The files of workers that live, whose names are gone from the folder. */
  get removed(): string[] {
    return [...this.#slots.keys()].map((pid) => `${this.#folder}/w-${pid}`).filter((path) => !exists(path));
  }

  /** Tells all gthread workers whether to take one request at a time. */
  setOneAtATime(oneAtATime: boolean): void {
    const nowNs = this.#lastNs;
    if (nowNs === undefined) return;
    for (const slot of this.#slots.values()) slot.setOneAtATime(oneAtATime, nowNs);
  }

  /** Tells all workers whether the maximum is one worker. */
  setAlone(isAlone: boolean): void {
    const nowNs = this.#lastNs;
    if (nowNs === undefined) return;
    for (const slot of this.#slots.values()) slot.setAlone(isAlone, nowNs);
  }

  close(): void {
    for (const slot of this.#slots.values()) slot.close();
    this.#slots.clear();
  }

  /** Opens new slots and gives back those that are gone. A folder that cannot be listed changes nothing. */
  #followFolder(): SlotFile[] {
    const listed = new Set<number>();
    let strangers = 0;
    try {
      for (const entry of Deno.readDirSync(this.#folder)) {
        const pid = entry.isDirectory ? NaN : Number(SLOT_NAME.exec(entry.name)?.[1]);
        if (!(pid > 0)) continue;
        // A link that we made stays behind when its worker ends.
        if (entry.isSymlink && !this.#isAlive(pid)) continue;
        listed.add(pid);
        if (this.#slots.has(pid) || this.#slots.size >= MOST_SLOTS || strangers >= MOST_STRANGERS) continue;
        if (!entry.isFile) continue;
        if (!this.#isWorker(pid)) {
          strangers++;
          continue;
        }
        const slot = SlotFile.open(`${this.#folder}/${entry.name}`, pid);
        if (slot !== undefined) this.#slots.set(pid, slot);
      }
    } catch {
      return this.#dropDead();
    }
    return this.#drop((pid) => !listed.has(pid) && !this.#isAlive(pid));
  }

  /** The folder was removed: the descriptors still tell, but only /proc says who is alive. */
  #dropDead(): SlotFile[] {
    return this.#drop((pid) => !exists(`/proc/${pid}`));
  }

  #drop(isGone: (pid: number) => boolean): SlotFile[] {
    const gone: SlotFile[] = [];
    for (const [pid, slot] of this.#slots) {
      if (!isGone(pid)) continue;
      this.#slots.delete(pid);
      gone.push(slot);
    }
    return gone;
  }

  #noteBoot(head: SlotHead): void {
    if (head.readyNs === 0 || head.readyNs <= (this.#lastBoot?.readyNs ?? 0)) return;
    this.#lastBoot = {
      readyNs: head.readyNs,
      ms: (head.readyNs - head.bootNs) / 1e6,
      cpuMs: head.bootCpuNs > 0 ? head.bootCpuNs / 1e6 : "unknown",
      waitMs: head.bootWaitNs > 0 ? head.bootWaitNs / 1e6 : "unknown",
    };
  }
}

function modelOf(youngest: SlotHead, someAreParallel: boolean): WorkerModel {
  const { kind, slots } = youngest;
  const isParallel = kind === "gthread" && (someAreParallel || youngest.isParallel);
  return { kind, slots, ...(isParallel ? { isParallel } : {}) };
}

/** The workers that have taken a request, and whether they have answered one; undefined where they are not counted. */
export function servedOf(slots: SlotsReading | undefined): ReadonlyMap<number, boolean> | undefined {
  if (slots === undefined || !slots.isMetered) return undefined;
  const begun = slots.workers.filter(({ startedTotal }) => startedTotal > 0);
  return new Map(begun.map(({ pid, startedTotal, inFlight }) => [pid, startedTotal > inFlight]));
}
