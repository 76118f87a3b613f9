/** Counts the workers of a server while it is under load: what it costs. */
import { children, cpuMs, descendants } from "../../tests/support/processes.ts";

/** Where the workers of a server are: children of the process we started, or of the master that this process started. */
export type WorkersAre = "children" | "grandchildren";

/** How many workers there were, over the load. */
export interface WorkerSeries {
  /** [ms since the load started, workers alive], one entry each time the number changes. */
  readonly changes: readonly (readonly [atMs: number, workers: number])[];
  readonly endMs: number;
}

const EVERY_MS = 50;

/** Looks at /proc every 50 ms until stopped. */
export class WorkerSampler {
  readonly #changes: [atMs: number, workers: number][] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #count: () => number;

  /** `other` is the number of children that are no workers, such as uWSGI's HTTP router. */
  constructor(pid: number, workersAre: WorkersAre, other = 0) {
    this.#count = () => {
      const masters = workersAre === "children" ? [pid] : children(pid);
      const workers = masters.reduce((sum, master) => sum + children(master).length, 0);
      return Math.max(0, workers - other);
    };
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Workers alive now. */
  get workers(): number {
    return this.#count();
  }

  /** Ends the sampling. Times before startMs (performance.now()) become the number at 0. */
  stop(startMs: number, durationMs: number): WorkerSeries {
    clearInterval(this.#timer);
    return seriesOf(this.#changes, startMs, durationMs);
  }

  #look(): void {
    const workers = this.#count();
    if (this.#changes.at(-1)?.[1] !== workers) this.#changes.push([performance.now(), workers]);
  }
}

/** Cuts samples to the load's time: what held at its start becomes the first entry, and nothing after its end stays. */
export function seriesOf(
  samples: readonly (readonly [atMs: number, workers: number])[],
  startMs: number,
  durationMs: number,
): WorkerSeries {
  const before = samples.findLast(([atMs]) => atMs <= startMs)?.[1] ?? samples[0]?.[1] ?? 0;
  const changes: [number, number][] = [[0, before]];
  for (const [atMs, workers] of samples) {
    const sinceStart = atMs - startMs;
    if (sinceStart > 0 && sinceStart < durationMs) changes.push([Math.round(sinceStart), workers]);
  }
  return { changes, endMs: durationMs };
}

/** Sum over the workers of the time each was alive, s. Example: 2 workers for 5 s, then 8 for 20 s: 170. */
export function workerSeconds({ changes, endMs }: WorkerSeries): number {
  return changes.reduce(
    (sum, [atMs, workers], i) => sum + workers * ((changes[i + 1]?.[0] ?? endMs) - atMs),
    0,
  ) / 1000;
}

/** Most workers alive at once. */
export function peakWorkers({ changes }: WorkerSeries): number {
  return Math.max(...changes.map(([, workers]) => workers));
}

/** CPU time that a process and all it started have used so far, ms; what was started and has ended is counted too. */
export function familyCpuMs(pid: number): number {
  return cpuMs(pid) + descendants(pid).reduce((sum, one) => sum + cpuMs(one.pid), 0);
}
