import type { Logger } from "@logtape/logtape";
import { delay } from "@std/async/delay";
import { isAlive, processOf } from "../platform/process_id.ts";
import { childrenOf, findArbiter } from "../sensors/machine/arbiter_search.ts";
import type { Daemon } from "../sensors/probe/prepared_start.ts";
import { BACKGROUND_MARK } from "./daemon_mode.ts";

/** Starts the process that runs gunicorn in the background, and waits until a script may go on. */
export async function goToBackground(daemon: Daemon, log: Logger): Promise<void> {
  const pid = startInBackground(daemon);
  log.info("gunicorn is to be a daemon: process {pid} runs it in the background", { pid });
  await untilPidFile(pid);
}

/** How long a command that has started a daemon waits at most for its pid file, and between two looks. */
const MASTER_MS = 3_000;
const LOOK_MS = 10;

/**
 * Waits until the gunicorn of the process in the background has its pid file, which a script may read next: alone, gunicorn
 * has it a moment after its command returns. It has its signal handlers after that file.
 */
export async function untilPidFile(pid: number): Promise<void> {
  const background = processOf(pid);
  const endMs = performance.now() + MASTER_MS;
  while (background !== undefined && isAlive(background) && performance.now() < endMs) {
    if (childrenOf(pid).some(findArbiter)) return; // not the process itself, which takes them too
    await delay(LOOK_MS);
  }
}

/** Starts this program once more, in a session of its own, and returns its pid. */
function startInBackground({ keepsStreams }: Daemon): number {
  const stream = keepsStreams ? "inherit" : "null";
  const source = Deno.build.standalone ? [] : ["run", "-A", Deno.mainModule];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...source, ...Deno.args],
    stdin: "null",
    stdout: stream,
    stderr: stream,
    env: { [BACKGROUND_MARK]: "1" },
    detached: true,
  }).spawn();
  child.unref();
  return child.pid;
}
