/**
 * How fast the simulator is. Prints wall-clock time for an hour of 1,000 requests/s, for ten minutes of 10,000 requests/s
 * on 100 workers, and how the time grows with the requests. `deno task bench:simulation --help`.
 */
import { DEFAULT_POLICY } from "../src/core/policy_settings.ts";
import { autoscaler } from "../src/simulation/controllers/autoscaler_controller.ts";
import { type Controller, fixed } from "../src/simulation/controllers/controller.ts";
import { run } from "../src/simulation/server/engine.ts";
import { parsePhases } from "../src/simulation/load/phases.ts";
import { DEFAULT_SCENARIO, type Scenario } from "../src/simulation/server/scenario.ts";
import { parseServiceTime } from "../src/simulation/load/service_time.ts";
import { taskArguments } from "../tasks/arguments.ts";

taskArguments({
  command: "deno task bench:simulation",
  action: "measure the simulator",
  about:
    "How fast the simulator is: wall-clock time of an hour of 1,000 requests/s, of ten minutes of 10,000 " +
    "requests/s on 100 workers, and how the time grows with the requests.",
  options: {},
  examples: [""],
});

const scenario = (load: string, service: string, cores: number, more: Partial<Scenario> = {}): Scenario => ({
  ...DEFAULT_SCENARIO,
  load: parsePhases(load),
  service: parseServiceTime(service),
  cores,
  ...more,
});
const scaled = (maxWorkers: number) => autoscaler({ ...DEFAULT_POLICY, minWorkers: 2, maxWorkers });

const HOUR = scenario("1000x1h", "lognormal:20,0.4", 8);
const MANY = scenario("10000x10m", "cpu:2+wait:lognormal:5,0.4", 64);
const uvicorn = { model: { kind: "uvicorn", slots: 1000 } } as const;
const gthread = { model: { kind: "gthread", slots: 8 } } as const;

const cases: readonly [string, Scenario, Controller][] = [
  ["1 h of 1,000 req/s, sync, 40 workers", HOUR, fixed(40)],
  ["1 h of 1,000 req/s, sync, the autoscaler", HOUR, scaled(60)],
  ["10 min of 10,000 req/s, sync, 100 workers", MANY, fixed(100)],
  ["10 min of 10,000 req/s, sync, the autoscaler", MANY, scaled(120)],
  ["10 min of 10,000 req/s, gthread 8, 100 workers", { ...MANY, ...gthread }, fixed(100)],
  ["10 min of 10,000 req/s, uvicorn, 100 workers", { ...MANY, ...uvicorn }, fixed(100)],
];

console.log(
  "case                                              requests   seconds   us/request   x real time",
);
for (const [name, world, controller] of cases) measure(name, world, controller);
console.log("\ngrowth: 10 minutes, sync, 100 workers");
for (const rate of [1250, 2500, 5000, 10_000]) {
  measure(`${rate} req/s`, { ...MANY, load: parsePhases(`${rate}x10m`) }, fixed(100));
}

function measure(name: string, world: Scenario, controller: Controller): void {
  const beganMs = performance.now();
  const { offered, durationMs } = run(world, controller);
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    name.padEnd(48) + String(offered).padStart(10) + seconds.toFixed(2).padStart(10) +
      (seconds * 1e6 / offered).toFixed(2).padStart(13) +
      (durationMs / 1000 / seconds).toFixed(0).padStart(14),
  );
}
