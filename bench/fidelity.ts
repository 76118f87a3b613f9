/**
 * Does the simulator tell the truth? The same loads, real and simulated, side by side.
 *
 *     deno task bench:fidelity [--scenario burst,cpu] [--rivals ours,fixed-max] [--json FILE] [--seed 1]
 *
 * Real figures come from the benchmark's results; what they lack is run now. Ends with 1 when a share within SLO is off by
 * more than 2 points or worker-seconds by more than 10 %.
 */
import { parseArgs } from "@std/cli/parse-args";
import { isAbsent, readResults, type RunResult, writeResults } from "./results.ts";
import { rivalsNamed } from "./rivals.ts";
import { runOne } from "./run.ts";
import { type Scenario, scenariosNamed } from "./scenarios.ts";
import { benchFolder } from "./setup.ts";
import { run as simulate } from "../src/simulation/engine.ts";
import type { Result } from "../src/simulation/result.ts";
import { simulatedRival, simulatedScenario } from "./simulated.ts";

const POINTS = 2, PERCENT = 10;
/**
 * The load is the same to the millisecond, but when the server's own clock ticks within it is not known of a real run, and a
 * server that looks once a second may miss a burst by nearly that. So many of its moments are simulated.
 */
const PHASES = 25;

/** What is compared when nothing is named. */
const RIVALS = "fixed-min,fixed-max,ours,rust,rust-tuned,uwsgi-busyness,uwsgi-tuned";
const SCENARIOS = "burst,ramp,flash-crowd,slow-dependency,cpu,uvicorn,long-boot,keep-alive,trace";

async function main(): Promise<number> {
  const args = parseArgs(Deno.args, {
    string: ["scenario", "rivals", "json", "seed"],
    boolean: ["print"],
    default: { seed: "1", scenario: SCENARIOS, rivals: RIVALS },
  });
  const seed = Number(args.seed);
  const file = String(args.json ?? `${await benchFolder()}/results.json`);
  let off = 0, compared = 0;
  console.log(
    " ".repeat(31) + "within SLO, %".padStart(40) + "worker-seconds".padStart(37) + "p95 ms".padStart(17) +
      "\n" +
      "scenario        server".padEnd(31) +
      "    real   nearest             all moments     real nearest         all moments     real nearest",
  );
  for (const scenario of scenariosNamed(String(args.scenario).split(","))) {
    for (const rival of rivalsNamed(String(args.rivals).split(","))) {
      const make = simulatedRival(rival.name, scenario);
      if (make === undefined) continue;
      const results = await readResults(file);
      let real = results.scenarios[scenario.name]?.[rival.name];
      if (real === undefined && args.print !== true) {
        real = await runOne(scenario, rival, { seed });
        (results.scenarios[scenario.name] ??= {})[rival.name] = real;
        await writeResults(file, results);
      }
      if (real === undefined || isAbsent(real)) continue;
      const simulated = Array.from(
        { length: PHASES },
        (_, i) => simulate(simulatedScenario(scenario, rival.name, seed, i), make(seed, i)),
      );
      compared++;
      if (!tell(scenario, rival.name, real, simulated)) off++;
    }
  }
  console.log(`${compared} compared, ${off} off by more than ${POINTS} points or ${PERCENT} %`);
  return off > 0 ? 1 : 0;
}

/** Tells the simulation that comes nearest, and the range over all; whether the nearest is near enough. */
function tell(scenario: Scenario, rival: string, real: RunResult, simulated: readonly Result[]): boolean {
  const points = (one: Result) => 100 * (one.shareWithinSlo - real.shareWithinSlo);
  const percent = (one: Result) => 100 * (one.workerSeconds / real.workerSeconds - 1);
  const distance = (one: Result) =>
    Math.max(Math.abs(points(one)) / POINTS, Math.abs(percent(one)) / PERCENT);
  const near = simulated.reduce((best, one) => distance(one) < distance(best) ? one : best);
  const good = distance(near) <= 1;
  const number = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
  const sign = (value: number) => `(${value >= 0 ? "+" : ""}${value.toFixed(1)})`.padStart(8);
  const range = (of: (one: Result) => number, digits: number, width: number) => {
    const values = simulated.map(of);
    return `${Math.min(...values).toFixed(digits)}..${Math.max(...values).toFixed(digits)}`.padStart(width);
  };
  console.log(
    scenario.name.padEnd(16) + rival.padEnd(15) +
      number(100 * real.shareWithinSlo, 2, 8) + number(100 * near.shareWithinSlo, 2, 10) +
      sign(points(near)) +
      range((one) => 100 * one.shareWithinSlo, 1, 14) +
      number(real.workerSeconds, 0, 9) + number(near.workerSeconds, 0, 8) + sign(percent(near)) +
      range((one) => one.workerSeconds, 0, 12) +
      number(real.p95Ms, 0, 9) + number(near.p95Ms, 0, 8) + (good ? "" : "   OFF"),
  );
  return good;
}

if (import.meta.main) Deno.exit(await main());
