/** Requests that are under way when a worker is told to go, or the whole server. */
import { assertEquals } from "@std/assert";
import { until } from "../../support/wait.ts";
import type { Server } from "./server.ts";

/** How they were answered: statuses, 0 for a request that was cut. */
export interface LongRequests {
  readonly overShrink: readonly number[];
  readonly overStop: number;
}

/**
 * Requests of `seconds` on `from` workers while all but one of them are told to go, then one more over TERM.
 * The app sleeps for the seconds of ?s=, and appends its pid to the file of ?started= when it begins.
 */
export async function longRequests(server: Server, from: number, seconds: number): Promise<LongRequests> {
  const folder = await Deno.makeTempDir({ prefix: "ga-test-" });
  const started = `${folder}/started`;
  const begun = async (count: number) =>
    await until(() => lines(started) >= count, { timeoutMs: 15_000, what: `${count} requests in the app` });
  try {
    if (from > 1) {
      await server.scale(1, from);
      await server.untilWorkers(from);
    }
    const path = `/?s=${seconds}&started=${started}`;
    const requests = Array.from({ length: 2 * from }, () => server.status(path, 60_000));
    await begun(requests.length);
    if (from > 1) await server.scale(from, 1);
    const overShrink = await Promise.all(requests);
    const last = server.status(path, 60_000);
    // A bare gunicorn whose workers were cut may have nobody for it.
    await begun(requests.length + 1).catch((error) => server.isWrapped ? Promise.reject(error) : undefined);
    await server.stop();
    return { overShrink, overStop: await last };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All were answered wrapped, whatever became of them bare: there, a worker told to go is killed after the timeout. */
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
