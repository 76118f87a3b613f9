/** What "steady again" means, and orders that need no load to be carried out. */
import { assertEquals } from "@std/assert";
import { IN_FLIGHT, READY_NS } from "../../../src/sensors/probe/slot.ts";
import type { Autoscaled } from "../../support/autoscaled.ts";
import { Connection } from "../../support/http.ts";
import { isAlive, type ProcessId } from "../../support/processes.ts";
import { controlSocket, runtimeFolder } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";
import { answers } from "./answers.ts";
import { Load } from "./load.ts";
import type { Served } from "./server.ts";

/** No wait is shorter: the machine may be busy with other things for seconds. */
export const PATIENCE_MS = 60_000;

/** It answers, and the master has exactly so many children: no extra one boots, none still drains. */
export async function untilServing(server: Served, workers: number): Promise<void> {
  await until(async () => server.workers().length === workers && await answers(server.port), {
    timeoutMs: PATIENCE_MS,
    what: () => `${workers} workers, there are ${server.workers().length}\n${tail(server)}`,
  });
}

/**
 * As above, and each of them has booted: a worker is the master's child long before it has its application, and what
 * breaks boots would break this one's too.
 */
export async function untilBooted(server: Autoscaled, workers: number): Promise<void> {
  await untilServing(server, workers);
  const areBooted = async () => {
    const pids = server.workers();
    return pids.length === workers &&
      (await Promise.all(pids.map((pid) => isReady(server, pid)))).every(Boolean);
  };
  await until(areBooted, {
    timeoutMs: PATIENCE_MS,
    what: () => `${workers} booted workers\n${tail(server)}`,
  });
}

/** Whether a worker has booted: its slot tells. */
export async function isReady(server: Autoscaled, pid: number): Promise<boolean> {
  try {
    const page = await Deno.readFile(`${await runtimeFolder(server)}/w-${pid}`);
    return new BigUint64Array(page.buffer)[READY_NS] !== 0n;
  } catch {
    return false; // no slot yet
  }
}

/** Whether a worker has a request in service. */
export async function isBusy(server: Autoscaled): Promise<boolean> {
  const folder = await runtimeFolder(server);
  for (const pid of server.workers()) {
    const page = await Deno.readFile(`${folder}/w-${pid}`).catch(() => new Uint8Array(4096));
    if (new BigUint64Array(page.buffer)[IN_FLIGHT] !== 0n) return true;
  }
  return false;
}

/** All workers are others than before, and as many as asked for. */
export async function untilReplaced(
  server: Served,
  before: readonly number[],
  workers: number,
): Promise<void> {
  await untilOthers(server, before);
  await untilServing(server, workers);
}

/** All workers are others than before, however many, and answer. */
export async function untilOthers(server: Served, before: readonly number[]): Promise<void> {
  await until(
    async () => {
      const workers = server.workers();
      return workers.length > 0 && !workers.some((pid) => before.includes(pid)) && await answers(server.port);
    },
    { timeoutMs: PATIENCE_MS, what: () => `other workers than ${before}\n${tail(server)}` },
  );
}

/** Load on more than it has workers for: scaling works when their number goes up. No request may be lost by it. */
export async function untilGrown(server: Served, beyond: number): Promise<void> {
  await using load = new Load(server.port, 30, "/sleep/150");
  await until(() => server.workers().length > beyond, {
    timeoutMs: PATIENCE_MS,
    what: () => `more than ${beyond} workers\n${tail(server)}`,
  });
  await load.stop();
  assertEquals(load.failures, []);
}

/** What looks steady for a moment may still be on its way down. */
const HELD_MS = 1_000;

/** Waits until the condition has held for a second on end; returns the ms until that second began. */
export async function untilHeld(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  what: () => string,
): Promise<number> {
  const fromMs = performance.now();
  let heldFromMs: number | undefined;
  await until(async () => {
    const holds = await condition();
    const nowMs = performance.now();
    heldFromMs = holds ? heldFromMs ?? nowMs : undefined;
    return heldFromMs !== undefined && nowMs - heldFromMs >= HELD_MS;
  }, { timeoutMs, what });
  return heldFromMs! - fromMs;
}

/** None of these processes lives, and the port is free for the next start. */
export async function untilGone(family: readonly ProcessId[], port: number): Promise<void> {
  await until(() => family.every((one) => !isAlive(one)) && isFree(port), {
    timeoutMs: PATIENCE_MS,
    what: () => `the end of ${family.filter(isAlive).map((one) => one.pid)} and of port ${port}`,
  });
}

export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** Orders this number of workers by the control socket, as the command `scale` does. */
export async function pin(server: Autoscaled, workers: number): Promise<void> {
  await using connection = await Connection.open({ socket: await controlSocket(server) });
  const body = JSON.stringify({ kind: "pinned", workers });
  await connection.send(
    `POST /order HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = await connection.answer();
  assertEquals(answer.status, 200, answer.body);
}

/** R, S, T ... of /proc/PID/stat; "gone" when there is no such process. */
export function stateOf(pid: number | string): string {
  try {
    return /\) (\S) /.exec(Deno.readTextFileSync(`/proc/${pid}/stat`))![1]!;
  } catch {
    return "gone";
  }
}

function tail(server: Served): string {
  return server.process.lines.slice(-25).map((line) => line.text).join("\n");
}
