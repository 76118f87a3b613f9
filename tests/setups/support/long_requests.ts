/** Requests in flight when a worker, or the whole server, is stopped. */
import { assertEquals } from "@std/assert";
import { until } from "../../support/wait.ts";
import type { Server } from "./server.ts";

/** How they were answered: statuses, 0 for a request that was cut. */
export interface LongRequests {
  readonly overShrink: readonly number[];
  readonly overStop: number;
}

/** What is asked. */
export interface LongRequestsOptions {
  /** Workers there are. */
  readonly has: number;
  /** Workers that the requests are given to; all but one are then told to go. */
  readonly from: number;
  readonly seconds: number;
}

/**
 * Two requests for each worker while all but one of them are removed, then one more over TERM.
 * The app sleeps for the seconds of ?s=, and appends a line to the file of ?started= when it begins.
 */
export async function longRequests(
  server: Server,
  { has, from, seconds }: LongRequestsOptions,
): Promise<LongRequests> {
  const folder = await Deno.makeTempDir({ prefix: "ga-test-" });
  const started = `${folder}/started`;
  const begun = async (count: number) =>
    await until(() => lines(started) >= count, { timeoutMs: 15_000, what: `${count} requests in the app` });
  try {
    if (from !== has) await server.scale(has, from);
    await server.untilWorkers(from);
    const path = `/?s=${seconds}&started=${started}`;
    const requests = Array.from({ length: 2 * from }, () => server.status(path, 60_000));
    await begun(requests.length);
    if (from > 1) await server.scale(from, 1);
    const overShrink = await Promise.all(requests);
    const last = server.status(path, 60_000);
    // A bare gunicorn whose workers were cut may have none for it.
    await begun(requests.length + 1).catch((error) => server.isWrapped ? Promise.reject(error) : undefined);
    await server.stop();
    return { overShrink, overStop: await last };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All were answered wrapped, whatever became of them bare: there, a worker that is stopped is killed after the timeout. */
export function allAnswered({ overShrink, overStop }: LongRequests): void {
  assertEquals([...overShrink, overStop].filter((status) => status !== 200), []);
}

function lines(path: string): number {
  try {
    return Deno.readTextFileSync(path).split("\n").length - 1;
  } catch {
    return 0;
  }
}
