/**
 * Soak: a real gunicorn under a load that goes up and down, on kept connections, for the time given. Exit code 1 and
 * a sentence for whatever grew, drifted or came late (bounds: soak_verdict.ts). `deno task soak --help`.
 */
import { delay } from "@std/async/delay";
import { askInstance } from "../../src/commands/running/control_client.ts";
import { taskArguments } from "../../tasks/arguments.ts";
import { oneOf, positive, text } from "../../tasks/options.ts";
import { autoscaled } from "../../tests/support/autoscaled.ts";
import { runtimeFolder } from "../../tests/support/running_commands.ts";
import { runLoad } from "../load/load.ts";
import { workerClasses, type WorkerClassName } from "../loss/loss_servers.ts";
import { parsePhases, totalMs } from "../load/phases.ts";
import { look, type SoakSample } from "./soak_sample.ts";
import { judge, type Verdict } from "./soak_verdict.ts";

/** One cycle: a step up, a higher one, then little load. Short, so that workers are added and removed twice a minute. */
const BUSY = parsePhases("60x6s:/sleep/100,120x4s:/sleep/100");
const CALM = parsePhases("10x14s:/sleep/40");
const CYCLE_MS = totalMs([...BUSY, ...CALM]);
/** What the maximum is set to in each step: without it the law learns that the load returns, and keeps the workers. */
const MOST_BUSY = 8, MOST_CALM = 2;
const SAMPLE_MS = 1_000;

/** Result of a soak. */
export interface Soak {
  readonly samples: readonly SoakSample[];
  readonly requests: number;
  readonly failed: number;
  /** Times that the number of workers asked for changed, from one sample to the next. */
  readonly changes: number;
}

/** Runs whole cycles until the time is over. */
async function soak(minutes: number, name: WorkerClassName): Promise<Soak> {
  const kind = workerClasses[name];
  await using server = await autoscaled({
    own: ["--min-workers", "1", "--max-workers", String(MOST_BUSY)],
    app: kind.app,
    // Two threads a worker: a small load asks for several.
    gunicorn: kind.gunicorn.map((word) => word === "8" ? "2" : word),
  });
  const folder = await runtimeFolder(server);
  const beganMs = performance.now();
  const samples: SoakSample[] = [];
  let over = false;
  const looking = (async () => {
    while (!over) {
      samples.push(await look(server, folder, beganMs));
      await delay(SAMPLE_MS);
    }
  })();
  let requests = 0, failed = 0;
  try {
    for (let seed = 1; seed === 1 || performance.now() - beganMs + CYCLE_MS <= minutes * 60_000; seed++) {
      for (const [phases, maxWorkers] of [[BUSY, MOST_BUSY], [CALM, MOST_CALM]] as const) {
        await askInstance(folder, "POST", "/settings", JSON.stringify({ "max-workers": maxWorkers }));
        const load = runLoad({ port: server.port, phases, seed, keepAlive: true, timeoutMs: 30_000 });
        const report = await Promise.race([load, looking.then(() => load)]); // a sample that throws ends it
        requests += report.sent;
        failed += report.errors + report.timeouts;
      }
    }
  } finally {
    over = true;
  }
  await looking;
  const changes = samples.filter(({ target }, i) => i > 0 && target !== samples[i - 1]!.target).length;
  return { samples, requests, failed, changes };
}

function print({ samples, requests, failed, changes }: Soak, verdict: Verdict): void {
  const minutes = samples.at(-1)!.atS / 60;
  console.log(`${minutes.toFixed(1)} min, ${requests} requests, ${failed} failed, ${changes} changes seen`);
  const pss = Math.max(...samples.map(({ pssBytes }) => pssBytes)) / 1e6;
  console.log(`PSS: ${pss.toFixed(1)} MB at most`);
  for (const { name, first, last, most } of verdict.trends) {
    const [unit, scale] = name === "anonymousBytes" ? [" MB", 1e6] : ["", 1];
    const [from, to, peak] = [first, last, most].map((value) => (value / scale).toFixed(1) + unit);
    console.log(`${name}: ${from} to ${to} by the fitted line, ${peak} at most`);
  }
  console.log(`count other than asked for: ${verdict.longestDriftS.toFixed(1)} s at the longest`);
  console.log(`between two decisions: ${verdict.longestTickS.toFixed(3)} s at the longest`);
}

const CLASSES = Object.keys(workerClasses) as WorkerClassName[];

const TASK = {
  command: "deno task soak",
  action: "soak",
  about:
    "A real gunicorn under a load that goes up and down, on kept connections, for the time given. Reports what grew, " +
    "drifted or came late.",
  options: {
    minutes: positive({ help: "Whole cycles of 24 s, one at least, until so many are over.", default: 3 }),
    class: oneOf(CLASSES, { help: `The worker class: ${CLASSES.join(", ")}.`, default: "gthread" }),
    out: text({ placeholder: "FILE", help: "Keep the samples there, as JSON.", otherwise: "not kept" }),
  },
  examples: ["", "--minutes 60 --class uvicorn --out samples.json"],
  notes: ["Exit codes: 0; 1 when something was not flat or a request failed; 2 for bad usage."],
};

async function main(): Promise<number> {
  const { options: args } = taskArguments(TASK);
  const result = await soak(args.minutes, args.class);
  const verdict = judge(result.samples);
  if (args.out !== undefined) await Deno.writeTextFile(args.out, JSON.stringify(result));
  print(result, verdict);
  const faults = [...verdict.faults];
  if (result.failed > 0) faults.push(`${result.failed} requests failed`);
  if (result.changes === 0) faults.push("the count never changed: the load was none");
  for (const fault of faults) console.error(`not flat: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
