/** An open-loop load on the Service: each request on a connection of its own, sent when it is due. */
import { get } from "../support/http.ts";
import type { Service } from "./service.ts";

/** As of `simulate --load`: so many requests/s for so long, each of which takes so long. */
export interface Phase {
  readonly ratePerS: number;
  readonly seconds: number;
  readonly serviceMs: number;
}

export interface Sent {
  readonly requests: number;
  /** What became of those that were not answered with 200. */
  readonly lost: readonly string[];
}

const TIMEOUT_MS = 60_000;

/** Sends the phases one after the other, at random gaps, and waits for the last answers. */
export async function drive(
  service: Pick<Service, "any">,
  phases: readonly Phase[],
  sofar: (sent: Sent) => void,
): Promise<Sent> {
  const lost: string[] = [];
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  let [requests, phaseMs, dueMs] = [0, 0, 0];
  for (const { ratePerS, seconds, serviceMs } of phases) {
    phaseMs += seconds * 1000;
    for (;;) {
      const next = dueMs - Math.log(1 - Math.random()) * 1000 / ratePerS;
      if (next > phaseMs) break;
      dueMs = next;
      const waitMs = startMs + dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      requests++;
      const done = request(service, serviceMs).then((problem) => {
        if (problem !== undefined) lost.push(`${(dueMs / 1000).toFixed(1)} s: ${problem}`);
        open.delete(done);
      });
      open.add(done);
      sofar({ requests, lost });
    }
    dueMs = phaseMs;
  }
  await Promise.all(open);
  return { requests, lost };
}

async function request(service: Pick<Service, "any">, serviceMs: number): Promise<string | undefined> {
  try {
    const endpoint = service.any();
    const { status } = await get(endpoint, `/wait?ms=${serviceMs}`, { timeoutMs: TIMEOUT_MS });
    return status === 200 ? undefined : `${endpoint.hostname} answered with ${status}`;
  } catch (error) {
    return (error as Error).message;
  }
}
