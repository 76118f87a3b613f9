/**
 * One worker's slot: what its words say, and whether that can be believed. The worker runs the user's app, which can
 * write anything into its slot, so every number is held against what is possible. Words: words.py of the probe.
 */

import type { WorkerKind } from "../../core/sample.ts";
import { hasMagic, kindOf, wordAt } from "./shared_words.ts";

/** Words of a slot that mean anything. */
export const SLOT_WORDS = 192;
/** Where the buckets of each histogram begin. */
export const SERVICE_BUCKETS = 64, WAIT_BUCKETS = 128;

const VERSION = 1, PID = 2, KIND = 4, SLOTS = 5, STATE = 6, BOOT_NS = 9;
/** When the worker became ready, CLOCK_MONOTONIC; 0 before. */
export const READY_NS = 10;
const AGE = 11, METERED = 12, PARALLEL = 14;
/** Odd while the meter writes the words behind it, even otherwise. */
export const SEQ = 16;
/** The totals up to now and the gauges, as words.py of the probe has them. */
export const LAST_CHANGE_NS = 17,
  IN_FLIGHT = 18,
  BUSY_NS = 19,
  IN_FLIGHT_NS = 20,
  STARTED = 21,
  FINISHED = 22;
export const FAILED = 23, SERVICE_NS = 24, INNER_QUEUE = 27, WEBSOCKETS = 28, STREAMS = 29, LOOP_DUE_NS = 30;
export const LOOP_LAG_NS = 31, LOOP_TICKS = 32, LOOP_LATE_TICKS = 34;
export const BUSY_THREADS = 35;
/** Until then (CLOCK_MONOTONIC) a gthread worker takes one request at a time. Written by us. */
export const ONE_UNTIL_NS = 36;

/** Until then (CLOCK_MONOTONIC) the maximum is one worker: it leaves no connection to others. Written by us. */
export const ALONE_UNTIL_NS = 39;

/** CPU of its boot, and what of it it stood in the run queue, ns; 0 where not known. */
const BOOT_CPU_NS = 37, BOOT_WAIT_NS = 38;

/** A worker boots, serves, or serves its last requests before it ends. */
export type SlotState = "booting" | "ready" | "draining";

/** A look at a slot. */
export interface Look {
  readonly nowNs: number;
  /** Whether the worker has ended: what it had open then is not counted on. */
  readonly isGone: boolean;
}

/** What a worker is. */
export interface SlotHead {
  readonly kind: WorkerKind;
  /** Requests it serves at once. */
  readonly slots: number;
  readonly state: SlotState;
  /** Threads of it compute at once. */
  readonly isParallel: boolean;
  /** A meter is attached: the load words mean something. */
  readonly metered: boolean;
  /** Forked, and ready to serve (0 before); CLOCK_MONOTONIC, ns. */
  readonly bootNs: number;
  readonly readyNs: number;
  /** CPU of its boot by all threads, and what its main thread stood in the run queue meanwhile, ns; 0 where not known. */
  readonly bootCpuNs: number;
  readonly bootWaitNs: number;
  /** Gunicorn's number of the worker: higher is younger. */
  readonly age: number;
}

/** More requests at once are not believed of any worker: that many descriptors a process does not get. */
const MOST_IN_FLIGHT = 1_000_000;
const MOST_THREADS = 10_000;
/** A boot computes on no more cores at once. */
const MOST_BOOT_CORES = 1_024;
/** Clocks are read a moment apart; times this far ahead of now still pass. */
const SLACK_NS = 1e9;
const MAX_STATE = 3;
const STATES: readonly SlotState[] = ["booting", "ready", "draining"];

/** Turns the page's 32-bit halves into numbers. */
export function decodeSlot(halves: Uint32Array, words: Float64Array): void {
  for (let i = 0; i < SLOT_WORDS; i++) words[i] = wordAt(halves, i);
}

/** Whether a page is the finished slot of this worker, in the format that this version knows. */
export function isSlotOf(pid: number, halves: Uint32Array): boolean {
  return hasMagic(halves, 0, "GASLOT01") && wordAt(halves, VERSION) === 1 && wordAt(halves, PID) === pid;
}

/** The worker's description; undefined when it makes no sense. */
export function readHead(words: Float64Array, nowNs: number): SlotHead | undefined {
  const state = words[STATE]!;
  const bootNs = words[BOOT_NS]!;
  const readyNs = words[READY_NS]!;
  const kind = kindOf(words[KIND]!);
  if (!(state >= 1 && state <= MAX_STATE)) return undefined;
  if (!(bootNs > 0 && bootNs <= nowNs + SLACK_NS)) return undefined;
  if (readyNs !== 0 && !(readyNs >= bootNs && readyNs <= nowNs + SLACK_NS)) return undefined;
  const most = kind === "sync" ? 1 : kind === "gthread" ? MOST_THREADS : MOST_IN_FLIGHT;
  return {
    kind,
    slots: Math.min(most, Math.max(1, words[SLOTS]!)),
    // The worker writes ready_ns a moment before it sets the state.
    state: state === 1 && readyNs !== 0 ? "ready" : STATES[state - 1]!,
    isParallel: words[PARALLEL] === 1,
    metered: words[METERED] === 1,
    bootNs,
    readyNs,
    bootCpuNs: Math.min(words[BOOT_CPU_NS]!, MOST_BOOT_CORES * Math.max(0, readyNs - bootNs)),
    bootWaitNs: Math.min(words[BOOT_WAIT_NS]!, Math.max(0, readyNs - bootNs)),
    age: words[AGE]!,
  };
}

/**
 * Whether the load words can be true of a worker that has lived this long. A number above these bounds was written by
 * something else than the meter, and then nothing in the slot counts.
 */
export function loadIsCredible(words: Float64Array, head: SlotHead, nowNs: number): boolean {
  const livedNs = nowNs + SLACK_NS - head.bootNs;
  return words[IN_FLIGHT]! <= MOST_IN_FLIGHT &&
    words[LAST_CHANGE_NS]! <= nowNs + SLACK_NS &&
    words[BUSY_NS]! <= livedNs &&
    words[IN_FLIGHT_NS]! <= livedNs * MOST_IN_FLIGHT &&
    words[INNER_QUEUE]! <= MOST_IN_FLIGHT &&
    words[WEBSOCKETS]! <= MOST_IN_FLIGHT &&
    words[STREAMS]! <= MOST_IN_FLIGHT;
}

/** Requests in service; a sync or gthread worker cannot serve more than its slots. */
export function inFlightOf(words: Float64Array, head: SlotHead): number {
  const most = head.kind === "sync" || head.kind === "gthread" ? head.slots : MOST_IN_FLIGHT;
  return Math.min(most, words[IN_FLIGHT]!);
}

/** How late the worker's event loop is now, ms; "unknown" without a loop. A loop that is on time is 0 late. */
export function loopLagMs(words: Float64Array, head: SlotHead, nowNs: number): number | "unknown" {
  const dueNs = words[LOOP_DUE_NS]!;
  if (dueNs < head.bootNs || dueNs > nowNs + 60 * SLACK_NS) return "unknown";
  return Math.max(0, nowNs - dueNs) / 1e6;
}
