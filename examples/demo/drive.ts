/** Open-loop load that can be watched while it runs, and ended early. */
import { schedule } from "../../bench/load/arrivals.ts";
import { Client, Flight } from "../../bench/load/load_client.ts";
import { LoadReport, nearestRank, type Outcome } from "../../bench/load/load_report.ts";
import type { Phase } from "../../bench/load/phases.ts";

export interface DriveOptions {
  /** Port of 127.0.0.1. */
  readonly port: number;
  readonly phases: readonly Phase[];
  /** A request unanswered this long after it was due is given up. */
  readonly timeoutMs: number;
  /** Ends the load early: what has not been sent yet is left out. */
  readonly signal: AbortSignal;
  /** Called when a request leaves. */
  readonly onSend: (dueMs: number) => void;
  /** Called for each answer: when the request was due, ms from the start, and how long it took from then on. */
  readonly onAnswer: (dueMs: number, latencyMs: number, outcome: Outcome) => void;
}

/** Sends each request when it is due, whatever is unanswered, on a connection of its own; resolves when all have ended. */
export async function drive(
  { port, phases, timeoutMs, signal, onSend, onAnswer }: DriveOptions,
): Promise<LoadReport> {
  const { dueMs, phase, paths } = schedule(phases);
  const client = new Client({ port, keepAlive: false });
  const outcomes: Outcome[] = [];
  const latencies: number[] = [];
  const lateness: number[] = [];
  const running: Promise<void>[] = [];
  const startMs = performance.now();

  const fire = async (i: number): Promise<void> => {
    const due = startMs + dueMs[i]!;
    lateness.push(performance.now() - due);
    onSend(dueMs[i]!);
    const flight = new Flight();
    const timer = setTimeout(() => flight.abort(), timeoutMs);
    outcomes[i] = await client.send(paths[i]!, flight);
    clearTimeout(timer);
    latencies[i] = performance.now() - due;
    onAnswer(dueMs[i]!, latencies[i]!, outcomes[i]!);
  };
  let sent = 0;
  while (sent < dueMs.length && !signal.aborted) {
    const waitMs = startMs + dueMs[sent]! - performance.now();
    if (waitMs > 0) await sleep(waitMs, signal);
    else running.push(fire(sent++));
  }
  await Promise.all(running);
  const endMs = phases.reduce((sum, one) => sum + one.durationMs, 0);
  await sleep(startMs + endMs - performance.now(), signal);
  client.close();
  lateness.sort((a, b) => a - b);
  return new LoadReport({
    dueMs: [...dueMs.subarray(0, sent)],
    phase: [...phase.subarray(0, sent)],
    latencyMs: latencies,
    outcome: outcomes,
    timeoutMs,
    resent: 0,
    latenessP99Ms: nearestRank(lateness, 0.99) || 0,
    latenessMaxMs: lateness.at(-1) ?? 0,
    generatorCpuMs: 0,
  });
}

/** Sleeps, but no longer than until the signal. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
