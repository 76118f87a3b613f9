// Which charts there are. `read` derives a column from those of the server.
import { bytes, milliseconds, number } from "./format.js";

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const MIB = 2 ** 20;
// What is mostly 0 is drawn only where it is not.
const unlessZero = (key) => (columns) => (columns[key] ?? []).map((value) => value === 0 ? null : value);

// `objective` and `memoryShare` are settings that may change live.
export function chartSpecs(live) {
  return [
    {
      id: "chart-workers",
      title: "Workers",
      unit: "against what the load asks for",
      size: "large",
      decisions: true,
      least: 2,
      // What a stampede asks for may be many times what is allowed; it must not flatten the rest.
      most: ({ max = [] }) => 1.6 * Math.max(2, ...max),
      increments: WHOLE,
      format: (value) => number(value, 0),
      series: [
        { key: "ready", label: "ready", color: "blue", fill: 0.16, stepped: true, width: 2 },
        { key: "wanted", label: "wanted", color: "orange", stepped: true, width: 1.5 },
        { key: "target", label: "target", color: "text", stepped: true, width: 1.25 },
        {
          key: "booting",
          label: "booting",
          color: "violet",
          stepped: true,
          read: unlessZero("booting"),
        },
        { key: "min", label: "minimum", color: "grey", stepped: true, dash: true, width: 1.25 },
        { key: "max", label: "allowed", color: "grey", stepped: true, dash: true, width: 1.25 },
      ],
    },
    {
      id: "chart-requests",
      title: "Requests",
      unit: "per second",
      size: "half",
      format: (value) => number(value),
      series: [
        { key: "rps", label: "answered", color: "blue", fill: 0.16 },
        { key: "arrivingRps", label: "arriving", color: "orange", width: 1.25 },
        { key: "failedRps", label: "failed", color: "red", fill: 0.2, read: unlessZero("failedRps") },
      ],
    },
    {
      id: "chart-time",
      title: "Response time",
      unit: "service, and the wait before it",
      size: "half",
      least: 10,
      axisSize: 58,
      format: milliseconds,
      axis: (value) => value === 0 ? "0" : value >= 1000 ? `${value / 1000} s` : `${value} ms`,
      series: [
        { key: "p95Ms", label: "p95", color: "blue", fill: 0.1 },
        { key: "p50Ms", label: "p50", color: "green" },
        { key: "waitP95Ms", label: "p95 wait", color: "orange" },
        {
          label: "objective",
          color: "red",
          dash: true,
          width: 1.25,
          read: ({ at }) => at.map(() => live.objectiveMs),
        },
      ],
    },
    {
      id: "chart-queue",
      title: "Queue",
      unit: "requests",
      least: 4,
      increments: WHOLE,
      format: (value) => number(value),
      series: [
        { key: "queue", label: "waiting", color: "orange", fill: 0.2 },
        { key: "inFlight", label: "in flight", color: "blue" },
      ],
    },
    {
      id: "chart-cpu",
      title: "CPU",
      unit: "cores",
      format: (value) => number(value, 2),
      series: [
        { key: "workerCores", label: "workers", color: "blue", fill: 0.16 },
        { key: "usedCores", label: "all", color: "grey", width: 1.25 },
        { key: "limitCores", label: "limit", color: "red", dash: true, width: 1.25 },
      ],
    },
    {
      id: "chart-memory",
      title: "Memory",
      unit: "of the container or machine",
      axisSize: 62,
      least: 64 * MIB,
      increments: [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        1024,
        2048,
        4096,
        8192,
        16_384,
        32_768,
        65_536,
        131_072,
      ].map(
        (mib) => mib * MIB,
      ),
      format: bytes,
      axis: (value) =>
        value === 0 ? "0" : value >= 1024 * MIB ? `${value / MIB / 1024} GiB` : `${value / MIB} MiB`,
      series: [
        { key: "usedBytes", label: "used", color: "blue", fill: 0.16 },
        {
          label: "growth stops",
          color: "amber",
          dash: true,
          width: 1.25,
          read: ({ limitBytes = [] }) =>
            limitBytes.map((limit) => limit === null ? null : limit * live.memoryShare),
        },
        { key: "limitBytes", label: "limit", color: "red", dash: true, width: 1.25 },
      ],
    },
  ];
}
