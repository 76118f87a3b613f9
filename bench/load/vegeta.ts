/**
 * The same phases driven by Vegeta (https://github.com/tsenart/vegeta) instead of our generator: to show that the figures
 * are no artefact of it. Open-loop too, at equal gaps, each request timed from the moment it was sent.
 */
import { delay } from "@std/async/delay";
import { run } from "../../tests/support/process.ts";
import { findProgram } from "../../tests/support/program.ts";
import { tempDir } from "../../tests/support/tempdir.ts";
import { LoadReport, type Outcome } from "./load_report.ts";
import type { Phase } from "./phases.ts";

/** What to send, where, and how. */
export interface VegetaOptions {
  /** Port of 127.0.0.1. */
  readonly port: number;
  readonly phases: readonly Phase[];
  readonly keepAlive: boolean;
  /** A request unanswered for so long is given up. */
  readonly timeoutMs: number;
}

/** One line of `vegeta encode --to json`, as far as it is read. */
interface Hit {
  readonly code: number;
  readonly timestamp: string;
  /** In nanoseconds. */
  readonly latency: number;
  readonly error: string;
}

/** Runs the phases, each at its time, whatever is unanswered of the one before. Throws when Vegeta is missing or fails. */
export async function driveVegeta(
  options: VegetaOptions,
): Promise<{ startEpochMs: number; report: LoadReport }> {
  const vegeta = await findProgram("vegeta");
  if (vegeta === undefined) {
    throw new Error(
      "Cannot drive the load: vegeta is missing, install it with `go install github.com/tsenart/vegeta/v12@v12.13.0`",
    );
  }
  if (options.phases.some(({ path }) => path.includes("{ms}"))) {
    throw new Error(
      "Cannot drive the load: vegeta draws no service times, take a load whose paths have no {ms}",
    );
  }
  await using folder = await tempDir();
  const startEpochMs = Date.now();
  let dueMs = 0;
  const attacks = options.phases.map(async (phase, index) => {
    const file = folder.join(String(index));
    const wait = startEpochMs + dueMs - Date.now();
    dueMs += phase.durationMs;
    await delay(wait);
    return phase.ratePerS > 0 ? await attack(vegeta, phase, file, options) : [];
  });
  const hits = (await Promise.all(attacks)).flatMap((some, phase) => some.map((hit) => ({ phase, ...hit })));
  return { startEpochMs, report: reportOf(hits, startEpochMs, options.timeoutMs) };
}

async function attack(
  vegeta: string,
  { ratePerS, durationMs, path }: Phase,
  file: string,
  { port, keepAlive, timeoutMs }: VegetaOptions,
): Promise<Hit[]> {
  const targets = `${file}.targets`;
  await Deno.writeTextFile(targets, `GET http://127.0.0.1:${port}${path}\n`);
  const how = [
    `-rate=${ratePerS}/s`,
    `-duration=${durationMs}ms`,
    `-timeout=${timeoutMs}ms`,
    `-keepalive=${keepAlive}`,
  ];
  await succeeded(vegeta, ["attack", ...how, `-targets=${targets}`, `-output=${file}`]);
  const lines = await succeeded(vegeta, ["encode", "-to=json", file]);
  return lines.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

async function succeeded(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`Cannot drive the load: vegeta ended with ${code}, ${stderr.trim()}`);
  return stdout;
}

/** The report of our own generator from what Vegeta saw. */
export function reportOf(
  hits: readonly (Hit & { readonly phase: number })[],
  startEpochMs: number,
  timeoutMs: number,
): LoadReport {
  const sorted = hits.map((hit) => ({ ...hit, dueMs: Date.parse(hit.timestamp) - startEpochMs }))
    .sort((a, b) => a.dueMs - b.dueMs);
  return new LoadReport({
    dueMs: sorted.map(({ dueMs }) => dueMs),
    phase: sorted.map(({ phase }) => phase),
    latencyMs: sorted.map(({ latency }) => latency / 1e6),
    outcome: sorted.map(outcomeOf),
    timeoutMs,
    resent: 0,
    latenessP99Ms: 0,
    latenessMaxMs: 0,
    generatorCpuMs: 0,
  });
}

function outcomeOf({ code, error }: Hit): Outcome {
  if (code >= 200 && code < 300) return "ok";
  if (/deadline exceeded|timeout/i.test(error)) return "timeout";
  return code === 0 ? "broken" : "failed";
}
