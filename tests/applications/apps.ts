/**
 * Starts applications of other people bare and wrapped, and tells what became of their requests:
 * `deno task apps --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { many, oneOf, positive, toggle } from "../../tasks/options.ts";
import { compiledBinary } from "../support/builds/binary.ts";
import { makeVenv } from "../support/venv.ts";
import { type Application, APPLICATIONS } from "./catalog.ts";
import { applicationsTable, withTable } from "./page.ts";
import { type Trial, tryApplication, type Way } from "./trial.ts";

const venvs = new URL("../../.venvs/applications/", import.meta.url).pathname;
const page = new URL("../../docs/applications.md", import.meta.url).pathname;
/** What `program()` of the tests starts. */
const BINARY_VARIABLE = "AUTOSCALER_BINARY";
const WAYS: readonly Way[] = ["bare", "wrapped"];

const TASK = {
  command: "deno task apps",
  action: "try the applications",
  about:
    "Starts applications from PyPI as their documentation says, bare and under the autoscaler, sends requests while " +
    "the number of workers goes from 1 to 4 to 1 and while they are reloaded, and ends them.",
  options: {
    only: many(oneOf(APPLICATIONS.map(({ name }) => name), {
      placeholder: "NAME",
      help: `Only this one: ${APPLICATIONS.map(({ name }) => name).join(", ")}.`,
      otherwise: "all",
    })),
    minutes: positive({ help: "Applications not begun after so many minutes are left out.", default: 20 }),
    write: toggle("Put the rows into docs/applications.md, where the others stay."),
  },
  examples: ["", "--only Radicale", "--write"],
  notes: [
    "Exit codes: 0; 1 when a request was lost under the autoscaler, or an application did not start, reload or end with 0; " +
    "2 for bad usage.",
  ],
};

async function main(): Promise<number> {
  const { options: { only, minutes, write } } = taskArguments(TASK);
  const endMs = performance.now() + minutes * 60_000;
  // What users have starts sooner than the source tree.
  const binary = await compiledBinary();
  if (binary !== undefined) Deno.env.set(BINARY_VARIABLE, binary);
  const chosen = APPLICATIONS.filter(({ name }) => only.length === 0 || only.includes(name));
  const trials: Trial[] = [];
  let failed = false;
  for (const application of chosen) {
    if (performance.now() > endMs) {
      console.log(`${application.name}: left out, ${minutes} minutes are over`);
      continue;
    }
    failed = !await both(application, trials) || failed;
  }
  console.log(`\n${applicationsTable(APPLICATIONS, trials)}`);
  if (write) {
    const text = await Deno.readTextFile(page);
    await Deno.writeTextFile(page, withTable(text, applicationsTable(APPLICATIONS, trials, text)));
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", page] }).output();
  }
  return failed ? 1 : 0;
}

/** Tries one application in both ways. Whether all went well under the autoscaler; what is not installed is skipped. */
async function both(application: Application, trials: Trial[]): Promise<boolean> {
  let venv: string;
  try {
    const folder = `${venvs}${application.name.toLowerCase()}`;
    venv = await makeVenv(folder, application.packages);
  } catch (error) {
    console.log(`Skipped: ${application.name} is not installed, ${(error as Error).message}`);
    return true;
  }
  let went = true;
  for (const way of WAYS) {
    try {
      const trial = await tryApplication(application, way, `${venv}/bin`);
      trials.push(trial);
      const { startS, scaling, reload, stopS, exitCode } = trial;
      console.log(
        `${application.name} ${way}: start ${
          startS.toFixed(1)
        } s, lost ${scaling.lost} of ${scaling.sent} by scaling and ` +
          `${reload.lost} of ${reload.sent} by the reload, stop ${stopS.toFixed(1)} s with ${exitCode}`,
      );
      if (way === "wrapped" && scaling.lost + reload.lost + exitCode > 0) went = false;
    } catch (error) {
      console.log(`${application.name} ${way}: ${(error as Error).message}`);
      went = false;
    }
  }
  return went;
}

if (import.meta.main) Deno.exit(await main());
