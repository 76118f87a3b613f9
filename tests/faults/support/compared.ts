/** Faults that bare gunicorn and the Rust program can suffer too: asserted for the autoscaler, only observed for them. */
import { assert, assertEquals } from "@std/assert";
import { isAlive, type ProcessId } from "../../support/processes.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import { answers } from "./answers.ts";
import { fault, type Outcome, peersOnly, record } from "./fault.ts";
import { Load } from "./load.ts";
import { startBare, startOurs, startRust } from "./served.ts";
import type { Served, ServedOptions } from "./server.ts";
import { isFree, PATIENCE_MS, untilHeld } from "./steady.ts";

export interface Compared {
  readonly fault: string;
  /** What must hold under the autoscaler. */
  readonly holds: string;
  readonly options: ServedOptions;
  /** What it needs in a folder of its own before it starts, added to the options. */
  prepare?(dir: TempDir): Promise<Partial<ServedOptions>> | Partial<ServedOptions>;
  /** Requests a second for /sleep/20 while it happens; 0 when not given. */
  readonly perSecond?: number;
  /** Does the fault. */
  inject(server: Served, dir: TempDir): Promise<void> | void;
  /** How it must end: with the workers it had, serving; or with all processes gone and the port free. */
  readonly end: "serving" | "gone";
  /** Requests that the fault itself costs: those in service in a process that is killed. None when not given. */
  readonly mostLost?: number;
  /** What else must hold under the autoscaler. */
  check?(server: Served): Promise<void> | void;
  /** It needs a supervisor. */
  readonly notBare?: boolean;
}

/** The others are given up after this long. */
const OBSERVED_MS = 15_000;

export function compared(what: Compared): void {
  fault(what.fault, what.holds, async () => {
    await using dir = await tempDir();
    await using server = await startOurs(await optionsIn(what, dir));
    const family = server.process.family();
    await using load = loadOf(server, what);
    await what.inject(server, dir);
    const steadyMs = await untilHeld(
      () => isSteady(what, server, family),
      PATIENCE_MS,
      () => server.process.text(),
    );
    await load?.stop();
    if (load !== undefined && what.end === "serving") {
      const lost = load.failures.length;
      assert(lost <= (what.mostLost ?? 0), `${lost} lost: ${load.failures}`);
      assertEquals(load.answered + lost, load.sent);
    }
    await what.check?.(server);
    return steadyMs;
  });
  if (!peersOnly) return;
  Deno.test(`observed: ${what.fault}`, async () => {
    if (!what.notBare) await observe(what, "gunicorn", startBare);
    await observe(what, "rust", startRust);
  });
}

function optionsIn(what: Compared, dir: TempDir): Promise<ServedOptions> {
  return Promise.resolve(what.prepare?.(dir)).then((prepared) => ({ ...what.options, ...prepared }));
}

async function observe(
  what: Compared,
  name: Outcome["server"],
  start: (options: ServedOptions) => Promise<Served | undefined>,
): Promise<void> {
  await using dir = await tempDir();
  await using server = await start(await optionsIn(what, dir));
  if (server === undefined) return console.log(`Skipped: ${name} is not installed`);
  const family = server.process.family();
  await using load = loadOf(server, what);
  let seen = "", steadyMs: number | undefined;
  try {
    await what.inject(server, dir);
    steadyMs = await untilHeld(() => isSteady(what, server, family), OBSERVED_MS, () => "nothing");
  } catch {
    seen = await state(server, family);
  }
  await load?.stop();
  if (load !== undefined && what.end === "serving") {
    const lost = `${load.failures.length} of ${load.sent} lost`;
    seen = seen === "" ? lost : `${seen}, ${lost}`;
  }
  await record({ fault: what.fault, holds: what.holds, server: name, steadyMs, seen });
  console.log(`${name}: ${steadyMs === undefined ? "" : `steady after ${Math.round(steadyMs)} ms `}${seen}`);
}

async function isSteady(what: Compared, server: Served, family: readonly ProcessId[]): Promise<boolean> {
  if (what.end === "gone") return family.every((one) => !isAlive(one)) && isFree(server.port);
  const isServed = !server.process.hasEnded && await answers(server.port);
  return isServed && workersOf(server) === what.options.workers;
}

/** 0 when it has no master any more. */
function workersOf(server: Served): number {
  try {
    return server.workers().length;
  } catch {
    return 0;
  }
}

async function state(server: Served, family: readonly ProcessId[]): Promise<string> {
  const { port, process } = server;
  const left = family.filter(isAlive).length;
  const serves = await answers(port);
  if (process.hasEnded && left === 0 && !serves) return `exit code ${(await process.exited).code}`;
  return `${left} of ${family.length} live, ${serves ? "answers" : "no answer"}`;
}

function loadOf(server: Served, what: Compared): Load | undefined {
  return what.perSecond === undefined ? undefined : new Load(server.port, what.perSecond, "/sleep/20");
}
