/** A worker as its slot shows it, for status pages. */

import type { Maybe, WorkerKind } from "../../core/sample.ts";
import {
  IN_FLIGHT,
  inFlightOf,
  LAST_CHANGE_NS,
  loopLagMs,
  type SlotHead,
  type SlotState,
  STARTED,
  STREAMS,
  WEBSOCKETS,
} from "./slot.ts";
import type { SlotFile } from "./slot_file.ts";
import type { SlotDelta } from "./slot_meter.ts";

/** Counts are since the previous read. */
export interface SlotWorker {
  readonly pid: number;
  readonly kind: WorkerKind;
  readonly slots: number;
  readonly state: SlotState;
  /** Whether its load words are there and can be believed. */
  readonly readable: boolean;
  /** Since its fork. */
  readonly ageMs: number;
  /** Fork to ready. */
  readonly bootMs: Maybe<number>;
  /** When it became ready, CLOCK_MONOTONIC, ns; 0 before. */
  readonly readyNs: number;
  readonly inFlight: number;
  /** Share of the time since the previous read with anything in flight, 0..1. */
  readonly busyShare: number;
  /** How long its in-flight number has not changed. */
  readonly unchangedMs: number;
  readonly started: number;
  readonly finished: number;
  readonly failed: number;
  /** Requests started since its boot. */
  readonly startedTotal: number;
  readonly websockets: number;
  readonly streams: number;
  readonly loopLagMs: Maybe<number>;
}

/** The worker behind a slot that was just looked at. `sinceNs`: the look before, undefined at the first. */
export function describe(
  slot: SlotFile,
  head: SlotHead,
  delta: SlotDelta | undefined,
  nowNs: number,
  sinceNs: number | undefined,
): SlotWorker {
  const { words, credible } = slot;
  const elapsedMs = (nowNs - Math.max(sinceNs ?? nowNs, head.bootNs)) / 1e6;
  return {
    pid: slot.pid,
    kind: head.kind,
    slots: head.slots,
    state: head.state,
    readable: credible,
    ageMs: Math.max(0, nowNs - head.bootNs) / 1e6,
    bootMs: head.readyNs === 0 ? "unknown" : (head.readyNs - head.bootNs) / 1e6,
    readyNs: head.readyNs,
    inFlight: credible ? inFlightOf(words, head) : 0,
    busyShare: elapsedMs > 0
      ? Math.min(1, (delta?.busyMs ?? 0) / elapsedMs)
      : credible && words[IN_FLIGHT]! > 0
      ? 1
      : 0,
    unchangedMs: credible ? Math.max(0, nowNs - words[LAST_CHANGE_NS]!) / 1e6 : 0,
    started: delta?.started ?? 0,
    finished: delta?.finished ?? 0,
    failed: delta?.failed ?? 0,
    startedTotal: credible ? words[STARTED]! : 0,
    websockets: credible ? words[WEBSOCKETS]! : 0,
    streams: credible ? words[STREAMS]! : 0,
    loopLagMs: credible ? loopLagMs(words, head, nowNs) : "unknown",
  };
}
