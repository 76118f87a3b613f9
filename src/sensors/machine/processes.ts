/** What gunicorn's workers cost, from /proc. */

import { type Cpu, known, type Maybe, type Memory } from "../../core/sample.ts";
import { Children } from "./children.ts";
import { WorkerCost } from "./worker_cost.ts";
import { type ExpectedMemory, type ServedPids, WorkerForecast } from "./worker_forecast.ts";

/** One worker's costs, for status pages. */
export interface ProcessWorker {
  readonly pid: number;
  /** As in /proc/PID/stat: R running, S sleeping, D waiting for a disk, T stopped ... */
  readonly state: string;
  readonly threads: number;
  /** Cores used over the last second. */
  readonly cores: number;
  readonly waitingCores: Maybe<number>;
  /** PSS. */
  readonly bytes: Maybe<number>;
}

/** What all ready workers cost, and each of them. */
export interface ProcessesReading {
  /** "unknown" without a ready worker. */
  readonly cpu: Maybe<Pick<Cpu, "workerCores" | "waitingCores" | "busiestWorkerCores">>;
  readonly workerBytes: Memory["workerBytes"];
  readonly workers: readonly ProcessWorker[];
  /** What they hold in all, as far as it is known. */
  readonly heldBytes: number;
}

/** Run-queue waits are read again after so long ... */
const WAIT_AGAIN_MS = 300;
/** ... and of so many threads a call (10 us each), so that a gthread worker's many threads are spread over ticks. */
const WAIT_READS = 24;

/** Follows the processes of one gunicorn. */
export class Processes {
  readonly #root: string;
  readonly #children: Children;
  readonly #workers = new Map<number, WorkerCost>();
  readonly #forecast = new WorkerForecast();
  #expected: ExpectedMemory = { workerBytes: "unknown", isAssumed: true, reservedBytes: "unknown" };

  /** @param root stands before /proc */
  constructor(root = "") {
    this.#root = root === "/" ? "" : root;
    this.#children = new Children(this.#root);
  }

  /** The memory that new workers will take, at the last reading. */
  get expected(): ExpectedMemory {
    return this.#expected;
  }

  /** The pids of a master's workers; see Children. */
  children(masterPid: number, slotPids?: readonly number[]): readonly number[] {
    return this.#children.workers(masterPid, slotPids);
  }

  /**
   * What these workers, the ready ones, cost: CPU of the last second, and memory, read of one worker a call.
   * @param isShared they were forked with the application in memory: one more adds its private pages alone
   * @param served the pids that have taken a request, and whether they have answered one; undefined where unknown
   */
  read(
    readyPids: readonly number[],
    nowMs: number,
    isShared = false,
    served?: ServedPids,
  ): ProcessesReading {
    this.#follow(readyPids);
    for (const worker of this.#workers.values()) {
      worker.isShared = isShared;
      if (!worker.readCpu(nowMs)) this.#drop(worker);
    }
    const workers = [...this.#workers.values()];
    readWaits(workers, nowMs);
    const due = workers.filter((worker) => worker.memoryDueMs <= nowMs);
    due.sort((a, b) => a.memoryDueMs - b.memoryDueMs);
    due[0]?.readMemory(nowMs);
    this.#expected = this.#forecast.read(workers, served, nowMs);
    return {
      cpu: cpuOf(workers),
      workerBytes: this.#expected.workerBytes,
      heldBytes: workers.reduce((sum, { bytes }) => sum + (known(bytes) ? bytes : 0), 0),
      workers: workers.map(({ pid, state, threads, cores, waitingCores, bytes }) => (
        { pid, state, threads, cores, waitingCores, bytes }
      )),
    };
  }

  close(): void {
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  #follow(pids: readonly number[]): void {
    const wanted = new Set(pids);
    for (const worker of this.#workers.values()) if (!wanted.has(worker.pid)) this.#drop(worker);
    for (const pid of pids) {
      if (!this.#workers.has(pid)) this.#workers.set(pid, new WorkerCost(pid, this.#root));
    }
  }

  #drop(worker: WorkerCost): void {
    worker.close();
    this.#workers.delete(worker.pid);
  }
}

/** Reads the waits that are due, the stalest first, within the budget but at least one. */
function readWaits(workers: readonly WorkerCost[], nowMs: number): void {
  const due = workers.filter((worker) => worker.waitReadAtMs <= nowMs - WAIT_AGAIN_MS);
  due.sort((a, b) => a.waitReadAtMs - b.waitReadAtMs);
  let reads = 0;
  for (const worker of due) {
    if (reads > 0 && reads + worker.threads > WAIT_READS) break;
    reads += worker.threads;
    worker.readWait(nowMs);
  }
}

function cpuOf(workers: readonly WorkerCost[]): ProcessesReading["cpu"] {
  if (workers.length === 0) return "unknown";
  let workerCores = 0, busiestWorkerCores = 0;
  let waitingCores: Maybe<number> = "unknown";
  for (const worker of workers) {
    workerCores += worker.cores;
    if (worker.isMeasured) busiestWorkerCores = Math.max(busiestWorkerCores, worker.cores);
    if (worker.waitingCores === "unknown") continue;
    waitingCores = (waitingCores === "unknown" ? 0 : waitingCores) + worker.waitingCores;
  }
  return { workerCores, waitingCores, busiestWorkerCores };
}
