/** One fault, done to a real gunicorn: its test says what must hold and measures how long until all is steady again. */

/** What became of a fault, one line of the record. */
export interface Outcome {
  readonly fault: string;
  readonly holds: string;
  readonly server: "autoscaler" | "gunicorn" | "rust";
  /** From the fault until all was steady again; undefined where there is nothing to wait for, or it never came. */
  readonly steadyMs?: number | undefined;
  /** What was seen, in words: of the others, for whom nothing is asserted. */
  readonly seen?: string;
}

/** File to which outcomes are appended; set by faults.ts. */
export const RECORD_VARIABLE = "FAULTS_RECORD";
/** Set when the faults are done to bare gunicorn and the Rust program instead. */
export const PEERS_VARIABLE = "FAULTS_PEERS";

export const peersOnly: boolean = Deno.env.get(PEERS_VARIABLE) === "1";

/**
 * Registers a test. `body` does the fault and checks what must hold; it returns the ms until all was steady again,
 * or nothing where no time passes.
 * @param missing what this machine lacks for it; the test is skipped then, with a line
 */
export function fault(
  fault: string,
  holds: string,
  body: () => Promise<number | void>,
  missing?: string,
): void {
  if (missing !== undefined && !peersOnly) console.log(`Skipped: "${fault}", ${missing}`);
  Deno.test({
    name: `${fault}: ${holds}`,
    ignore: peersOnly || missing !== undefined,
    fn: async () => {
      const steadyMs = await body();
      await record({ fault, holds, server: "autoscaler", steadyMs: steadyMs ?? undefined });
    },
  });
}

/** Appends to the record, if one is kept. Several test processes may do so at once. */
export async function record(outcome: Outcome): Promise<void> {
  const path = Deno.env.get(RECORD_VARIABLE);
  if (path !== undefined) await Deno.writeTextFile(path, `${JSON.stringify(outcome)}\n`, { append: true });
}

/** Monotonic ms that `act` took. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}
