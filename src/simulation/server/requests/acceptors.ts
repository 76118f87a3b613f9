import type { WorkerModel } from "../../../core/sample.ts";
import type { Processor } from "../workers/processor.ts";
import { Random } from "../random.ts";
import { chanceStream, type Scenario } from "../scenario.ts";
import { READY, type WorkerTable } from "../workers/worker_table.ts";

/** Share of a request's own CPU after which an event loop that accepted it no longer looks at the listener. */
const OPENING_SHARE = 0.5;

/** asyncio takes all connections that wait in one turn of its loop; gevent takes one. */
export function acceptsAll(kind: WorkerModel["kind"]): boolean {
  return kind === "uvicorn" || kind === "asgi" || kind === "tornado";
}

/** Which worker takes a new connection. */
export class Acceptors {
  readonly #scenario: Scenario;
  readonly #workers: WorkerTable;
  readonly #processor: Processor;
  /** Requests go to those workers only that serve them at once: perfect foresight. */
  readonly #onlyFree: boolean;
  readonly #kind: "one" | "threads" | "loop";
  readonly #choice: Random;
  /** Connections that a worker of threads has or is to give to one, at most. */
  #mostHeld: number;
  #shares = false;
  #oneAtATime = false;
  #opensAll: boolean;
  /** asyncio's loop that last opened a connection while idle, and until when it takes more, ms. */
  #opener = -1;
  #opensUntilMs = -1;

  constructor(scenario: Scenario, workers: WorkerTable, processor: Processor, onlyFree: boolean) {
    this.#scenario = scenario;
    this.#workers = workers;
    this.#processor = processor;
    this.#onlyFree = onlyFree;
    const { kind } = scenario.model;
    this.#kind = kind === "sync" ? "one" : kind === "gthread" ? "threads" : "loop";
    this.#choice = new Random(scenario.seed, chanceStream(scenario, 3));
    this.#mostHeld = scenario.workerConnections;
    this.#opensAll = acceptsAll(kind);
  }

  /** From now on a worker of threads accepts one connection more than it has threads, an asyncio loop one a turn. */
  share(): void {
    this.#shares = this.#kind === "threads";
    if (!this.#scenario.uvloop) this.#opensAll = false;
    this.#mostHeld = Math.min(this.#mostHeld, this.#scenario.model.slots + 1);
  }

  /** Has a worker of threads hold one connection, or so many as after `share`. Returns whether that is a change. */
  takeOne(oneAtATime: boolean): boolean {
    if (!this.#shares || oneAtATime === this.#oneAtATime) return false;
    this.#oneAtATime = oneAtATime;
    this.#mostHeld = oneAtATime
      ? 1
      : Math.min(this.#scenario.workerConnections, this.#scenario.model.slots + 1);
    return true;
  }

  /** Whether the worker ends connections with their answers, as it has more than it can run. */
  endsConnections(worker: number): boolean {
    const { inside, inFlight } = this.#workers;
    return this.#shares && (inside[worker]! > 0 || this.#oneAtATime && inFlight[worker]! > 0);
  }

  /** A worker that takes a new connection now, -1 when none does. */
  pick(nowMs: number): number {
    const { eager, reluctant, state } = this.#workers;
    if (eager.size > 0) {
      const worker = eager.at(eager.size === 1 ? 0 : this.#choice.below(eager.size));
      if (this.#opensAll) this.#opener = worker;
      this.#opensUntilMs = nowMs + OPENING_SHARE * this.#scenario.requestCpuMs;
      return worker;
    }
    if (reluctant.size > 0) return reluctant.at(this.#choice.below(reluctant.size));
    const opener = this.#opener;
    return nowMs < this.#opensUntilMs && state[opener] === READY && this.takes(opener) ? opener : -1;
  }

  /** What the worker holds or computes has changed. */
  note(worker: number): void {
    const { state, eager, reluctant } = this.#workers;
    const ready = state[worker] === READY;
    if (this.#kind !== "threads" || this.#onlyFree) {
      eager.put(worker, ready && this.#free(worker));
      return;
    }
    // Its main thread accepts, whether a thread is free or not, but only while none computes.
    const accepts = ready && this.#held(worker) < this.#mostHeld;
    eager.put(worker, accepts && this.#processor.jobs[worker] === 0);
    reluctant.put(worker, accepts);
  }

  /** Whether a worker that looks at the listener takes one more connection. */
  takes(worker: number): boolean {
    if (this.#onlyFree) return this.#free(worker);
    return this.#held(worker) < (this.#kind === "threads" ? this.#mostHeld : this.#scenario.model.slots);
  }

  /** Whether the worker serves at once what it takes. */
  #free(worker: number): boolean {
    return this.#held(worker) < this.#scenario.model.slots &&
      (this.#kind === "one" || !this.#processor.isBusy(worker));
  }

  #held(worker: number): number {
    return this.#workers.inFlight[worker]! + this.#workers.inside[worker]!;
  }
}
