import { known } from "../../core/sample.ts";
import type { WorkerReport } from "../status_types.ts";
import { type Metric, one, when } from "./metric.ts";

/** Metrics of CPU and memory. */
export const COST_METRICS: readonly Metric[] = [
  {
    name: "workers_cpu_cores",
    type: "gauge",
    help: "Cores used by ready workers, over about a second.",
    read: ({ record: { sample: { cpu } } }) => one(known(cpu) ? cpu.workerCores : "unknown"),
  },
  {
    name: "workers_cpu_seconds_total",
    type: "counter",
    help: "CPU time used by ready workers.",
    read: ({ board: { counters } }) => when(counters.seen.cpu, counters.workerCpuSeconds),
  },
  {
    name: "cpu_used_cores",
    type: "gauge",
    help: "Cores used by everything in the container or machine.",
    read: ({ record: { sample: { cpu } } }) => one(known(cpu) ? cpu.usedCores : "unknown"),
  },
  {
    name: "cpu_limit_cores",
    type: "gauge",
    help: "Cores the container or machine may use.",
    read: ({ record: { sample: { cpu } } }) => one(known(cpu) ? cpu.limitCores : "unknown"),
  },
  {
    name: "cpu_throttled_ratio",
    type: "gauge",
    help: "Share of CPU periods in which the container was throttled.",
    read: ({ record: { sample: { cpu } } }) => one(known(cpu) ? cpu.throttledShare : "unknown"),
  },
  {
    name: "worker_pss_bytes",
    type: "gauge",
    help: "Mean proportional set size of the ready workers where it can be read.",
    read: ({ live: { workers } }) => {
      const readable = pssBytes(workers.filter(({ state }) => state === "ready"));
      return readable.length === 0 ? [] : one(sum(readable) / readable.length);
    },
  },
  {
    name: "workers_pss_bytes",
    type: "gauge",
    help: "Proportional set size of all workers where it can be read.",
    read: ({ live: { workers } }) => {
      const readable = pssBytes(workers);
      return readable.length === 0 ? [] : one(sum(readable));
    },
  },
  {
    name: "memory_used_bytes",
    type: "gauge",
    help: "Memory in use against the limit, reclaimable page cache not counted.",
    read: ({ record: { sample: { memory } } }) => one(known(memory) ? memory.usedBytes : "unknown"),
  },
  {
    name: "memory_limit_bytes",
    type: "gauge",
    help: "Memory the container or machine allows.",
    read: ({ record: { sample: { memory } } }) => one(known(memory) ? memory.limitBytes : "unknown"),
  },
];

function pssBytes(workers: readonly WorkerReport[]): number[] {
  return workers.map((worker) => worker.pssBytes).filter(known);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
