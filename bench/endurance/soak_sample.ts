/** A sample of a soak: what the supervisor holds, and whether the workers are those that were asked for. */
import { askInstance } from "../../src/commands/running/control_client.ts";
import type { StatusReport } from "../../src/status/status_types.ts";
import type { Autoscaled } from "../../tests/support/autoscaled.ts";

/** One sample. */
export interface SoakSample {
  /** Since the soak began, s. */
  readonly atS: number;
  /** Proportional set size of the supervisor, bytes. Pages of its file are shared with other processes of the same file. */
  readonly pssBytes: number;
  /** The part of it that no file backs: heaps and stacks. */
  readonly anonymousBytes: number;
  /** Its descriptors, but for those it keeps for each worker alive: one that stays when its worker is gone counts. */
  readonly descriptors: number;
  readonly threads: number;
  /** Files of the runtime folder, but for the slot of each worker alive. */
  readonly files: number;
  /** Processes of workers alive, and workers asked for. */
  readonly workers: number;
  readonly target: number;
  /** The longest time between two ticks so far, s. */
  readonly longestTickS: number;
}

/** Takes one sample. */
export async function look(server: Autoscaled, folder: string, beganMs: number): Promise<SoakSample> {
  const { pid } = server.process;
  const workers = server.workers();
  const status = JSON.parse((await askInstance(folder, "GET", "/status")).body) as StatusReport;
  const metrics = (await askInstance(folder, "GET", "/metrics")).body;
  const links = names(`/proc/${pid}/fd`).map((name) => link(`/proc/${pid}/fd/${name}`));
  return {
    atS: (performance.now() - beganMs) / 1000,
    ...memoryOf(pid),
    descriptors: links.filter((path) => !isOfOne(path, workers)).length,
    threads: names(`/proc/${pid}/task`).length,
    files: names(folder).filter((name) => !isOfOne(`${folder}/${name}`, workers)).length,
    workers: workers.length,
    target: status.target,
    longestTickS: figure(metrics, "longest_tick_interval_seconds"),
  };
}

/** Whether a path is a slot, or a file of /proc, of one of these processes. */
function isOfOne(path: string, pids: readonly number[]): boolean {
  const [, pid] = /^\/proc\/(\d+)\/|\/w-(\d+)$/.exec(path)?.filter((part) => part !== undefined) ?? [];
  return pids.includes(Number(pid));
}

/** The value of a metric without labels; NaN when it is not there. */
export function figure(metrics: string, name: string): number {
  return Number(new RegExp(`^gunicorn_autoscaler_${name} (.+)$`, "m").exec(metrics)?.[1] ?? NaN);
}

/** Proportional set size of a process, and the part of it that no file backs. */
function memoryOf(pid: number): Pick<SoakSample, "pssBytes" | "anonymousBytes"> {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024;
  return { pssBytes: bytes("Pss"), anonymousBytes: bytes("Pss_Anon") };
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

function link(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
