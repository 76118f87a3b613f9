import type { WorkerModel } from "../../core/sample.ts";
import type { ArrivalKind, Segment } from "../load/arrivals.ts";
import type { ServiceTime } from "../load/service_time.ts";

/** Memory as the sample shows it: what is there, what is taken without workers, what each takes. */
export interface MemoryModel {
  readonly limitBytes: number;
  readonly baseBytes: number;
  readonly workerBytes: number;
  /** Others on the machine take so much more for a while. */
  readonly neighbour?: { readonly fromMs: number; readonly untilMs: number; readonly bytes: number };
}

/** A load, a server and a machine: all that is simulated but the controller. */
export interface Scenario {
  readonly load: readonly Segment[];
  readonly service: ServiceTime;
  readonly arrivals: ArrivalKind;
  readonly model: WorkerModel;
  /** gthread and async: connections one worker holds at most. */
  readonly workerConnections: number;
  /** The event loop is uvloop, whose accepting the probe cannot change. */
  readonly uvloop: boolean;
  /** Idle connections that clients keep open for later requests, at most (sync workers keep none), and for how long. */
  readonly keptConnections: number;
  readonly keepAliveMs: number;
  /** Cores of the container or machine; may be a fraction. */
  readonly cores: number;
  /** From fork to ready without contention, and how much of it is CPU. */
  readonly bootMs: number;
  readonly bootCpuMs: number;
  /** Requests that what they wait for serves at once, the others stand in its queue; Infinity for all. */
  readonly dependencyConnections: number;
  /** CPU that each request costs besides the application's own (reading, parsing, writing). */
  readonly requestCpuMs: number;
  /** Length of the listen queue; a connection beyond it is refused and tried again after 1, 2, 4 ... s. */
  readonly backlog: number;
  /** After this the client has given up; the server still works for it. */
  readonly clientTimeoutMs: number;
  /** A worker that drains longer is killed. */
  readonly gracefulTimeoutMs: number;
  /** Latency, from arrival to response, that a request must not exceed. */
  readonly sloMs: number;
  readonly memory: MemoryModel | "unknown";
  /** What the controller is shown: the probe's slots, or StatsD and the accept queue only. */
  readonly sensors: "probe" | "statsd";
  /** How far into its tick the controller is when the load begins, 0..1. */
  readonly tickPhase: number;
  readonly seed: number;
  /** Another number, other chances under the same load: which free worker the kernel wakes, gunicorn's random pauses. */
  readonly chance: number;
}

/** The stream of random numbers of this number, another one for each `chance`. */
export function chanceStream({ chance }: Scenario, number: number): number {
  return 1000 * chance + number;
}

/** The defaults: 100 ms requests on sync workers, 2 cores, SLO 300 ms. */
export const DEFAULT_SCENARIO: Omit<Scenario, "load"> = {
  service: { cpu: { kind: "constant", ms: 0 }, wait: { kind: "constant", ms: 100 } },
  arrivals: "poisson",
  model: { kind: "sync", slots: 1 },
  workerConnections: 1000,
  uvloop: false,
  keptConnections: 0,
  keepAliveMs: 2000,
  cores: 2,
  bootMs: 60,
  bootCpuMs: 30,
  dependencyConnections: Infinity,
  requestCpuMs: 0.3,
  backlog: 2048,
  clientTimeoutMs: 10_000,
  gracefulTimeoutMs: 30_000,
  sloMs: 300,
  memory: "unknown",
  sensors: "probe",
  tickPhase: 0,
  seed: 1,
  chance: 0,
};
