import { isAsync } from "../../core/kinds.ts";
import type {
  Boots,
  Cpu,
  Finished,
  Load,
  LoopLoad,
  Maybe,
  Memory,
  Sample,
  WorkerCounts,
} from "../../core/sample.ts";
import type { Arbiter } from "./workers/arbiter.ts";
import type { Server } from "./server.ts";
import { BOOTING, READY } from "./workers/worker_table.ts";

/** Of the fork server, and of the first answer after a sleep, the simulation knows nothing. */
const AWAKE = { isPossible: true, hasForkServer: false, firstAnswerMs: "unknown" } as const;
/** Window of CPU figures, as for the real ones. */
const CPU_WINDOW_MS = 1000;
/** The CPU of workers that have booted and wait for the load. */
const IDLE = {
  usedCores: 0,
  workerCores: 0,
  waitingCores: 0,
  throttledShare: 0,
  busiestWorkerCores: 0,
} as const;

/** Fills a Sample from the simulated server: what the probe, /proc and the cgroup would say at this moment. */
export class SimulatedSensors {
  #server: Server;
  #arbiter: Arbiter;
  #sampledMs = -1;
  #inFlightMs = 0;
  #busyMs = 0;
  #started = 0;
  #finished = 0;
  #failed = 0;
  #serviceMs = 0;
  #service: Float64Array;
  #wait: Float64Array;
  #cpuSinceMs: number;
  #servingMs = 0;
  #bootingMs = 0;
  #waitingMs = 0;
  #workerUsedMs: Float64Array;
  #workerEpoch: Int32Array;
  #cpu: Cpu;

  constructor(server: Server, arbiter: Arbiter) {
    this.#server = server;
    this.#arbiter = arbiter;
    this.#cpuSinceMs = server.nowMs;
    this.#cpu = { ...IDLE, limitCores: server.scenario.cores };
    this.#service = new Float64Array(server.meters.service.length);
    this.#wait = new Float64Array(server.meters.wait.length);
    this.#workerUsedMs = new Float64Array(server.workers.capacity);
    this.#workerEpoch = new Int32Array(server.workers.capacity);
  }

  /** The sample of this moment; deltas are since the call before. */
  sample(): Sample {
    const { nowMs, scenario, queue, workers } = this.#server;
    const elapsedMs = this.#sampledMs < 0 ? 0 : nowMs - this.#sampledMs;
    this.#sampledMs = nowMs;
    const load = this.#load();
    const { lastBootMs, lastBootCpuMs, lastBootWaitMs } = this.#server.meters;
    const boots: Boots = { failures: 0, lastBootMs, lastBootCpuMs, lastBootWaitMs };
    const counts: WorkerCounts = {
      target: this.#arbiter.target,
      ready: workers.ready,
      booting: workers.booting,
      draining: workers.draining,
      oldestBootMs: workers.oldestBootMs(nowMs),
    };
    const probe = scenario.sensors === "probe";
    return {
      nowMs,
      elapsedMs,
      model: scenario.model,
      workers: counts,
      load: probe ? load.load : "unknown",
      queue: queue.length,
      statsd: probe ? "unknown" : load.statsd,
      cpu: this.#cpuNow(),
      memory: this.#memory(),
      boots: probe ? boots : "unknown",
      sleep: probe ? { ...AWAKE, wakes: this.#arbiter.wakes } : undefined,
    };
  }

  #load(): { load: Load; statsd: Finished } {
    const { meters, scenario } = this.#server;
    const service = difference(meters.service, this.#service);
    const load: Load = {
      inFlight: meters.inFlight,
      inFlightMs: meters.inFlightMs - this.#inFlightMs,
      busyMs: meters.busyMs - this.#busyMs,
      started: meters.started - this.#started,
      finished: meters.finished - this.#finished,
      failed: meters.failed - this.#failed,
      innerQueue: meters.inside,
      busyThreads: scenario.model.kind === "gthread" ? meters.inFlight + meters.heads : 0,
      service,
      serviceMs: meters.serviceMs - this.#serviceMs,
      wait: difference(meters.wait, this.#wait),
      websockets: 0,
      streams: meters.streams,
      streamWorkers: this.#streamWorkers(),
      loopLagMs: this.#loopLagMs(),
      loop: this.#loop(),
      coverage: 1,
    };
    const statsd: Finished = {
      requests: load.finished,
      durations: service,
      durationCount: load.finished,
      durationSumMs: load.serviceMs,
    };
    this.#inFlightMs = meters.inFlightMs;
    this.#busyMs = meters.busyMs;
    this.#started = meters.started;
    this.#finished = meters.finished;
    this.#failed = meters.failed;
    this.#serviceMs = meters.serviceMs;
    return { load, statsd };
  }

  /** Ready workers with an open event stream. */
  #streamWorkers(): number {
    const { workers, meters } = this.#server;
    if (meters.streams === 0) return 0;
    let count = 0;
    for (let worker = 0; worker < workers.end; worker++) {
      if (workers.state[worker] === READY && workers.streams[worker]! > 0) count++;
    }
    return count;
  }

  #loop(): Maybe<LoopLoad> {
    const { scenario, processor, ticks, nowMs } = this.#server;
    return isAsync(scenario.model.kind) ? ticks.load(nowMs, (worker) => processor.isBusy(worker)) : "unknown";
  }

  #loopLagMs(): Maybe<number> {
    const { scenario, workers, processor, ticks, nowMs } = this.#server;
    if (!isAsync(scenario.model.kind)) return "unknown";
    let longest = 0;
    for (let worker = 0; worker < workers.end; worker++) {
      if (workers.state[worker] === READY && processor.isBusy(worker)) {
        longest = Math.max(longest, nowMs - ticks.turnSinceMs[worker]!);
      }
    }
    return longest;
  }

  #cpuNow(): Cpu {
    const { nowMs, processor, workers, scenario } = this.#server;
    const elapsedMs = nowMs - this.#cpuSinceMs;
    if (elapsedMs < CPU_WINDOW_MS) return this.#cpu;
    let busiest = 0;
    for (let worker = 0; worker < workers.end; worker++) {
      const usedMs = processor.usedMs(worker);
      if (workers.epoch[worker] !== this.#workerEpoch[worker]) this.#workerUsedMs[worker] = 0;
      if (workers.state[worker]! > BOOTING) {
        busiest = Math.max(busiest, (usedMs - this.#workerUsedMs[worker]!) / elapsedMs);
      }
      this.#workerUsedMs[worker] = usedMs;
      this.#workerEpoch[worker] = workers.epoch[worker]!;
    }
    const workerCores = (processor.servingMs - this.#servingMs) / elapsedMs;
    const bootingCores = (processor.bootingMs - this.#bootingMs) / elapsedMs;
    this.#cpu = {
      limitCores: scenario.cores,
      usedCores: workerCores + bootingCores,
      workerCores,
      waitingCores: (processor.waitingMs - this.#waitingMs) / elapsedMs,
      throttledShare: 0,
      busiestWorkerCores: busiest,
    };
    this.#cpuSinceMs = nowMs;
    this.#servingMs = processor.servingMs;
    this.#bootingMs = processor.bootingMs;
    this.#waitingMs = processor.waitingMs;
    return this.#cpu;
  }

  #memory(): Maybe<Memory> {
    const { memory } = this.#server.scenario;
    if (memory === "unknown") return memory;
    const { limitBytes, baseBytes, workerBytes, neighbour } = memory;
    const { nowMs, workers } = this.#server;
    const isThere = neighbour !== undefined && nowMs >= neighbour.fromMs && nowMs < neighbour.untilMs;
    const othersBytes = baseBytes + (isThere ? neighbour.bytes : 0);
    return { limitBytes, usedBytes: othersBytes + workers.alive * workerBytes, workerBytes };
  }
}

/** now - before, and takes now over as the next before. */
function difference(now: Float64Array, before: Float64Array): Float64Array {
  const delta = new Float64Array(now.length);
  for (let i = 0; i < now.length; i++) {
    delta[i] = now[i]! - before[i]!;
    before[i] = now[i]!;
  }
  return delta;
}
