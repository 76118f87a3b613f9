import type { Foresight } from "../../controllers/controller.ts";
import type { Scenario } from "../scenario.ts";
import type { RequestPool } from "./request_pool.ts";

/**
 * The last moment at which a request can start to keep the SLO, ms, when each worker that computes has `rate` cores;
 * Infinity for one that cannot keep it anyway: it deserves no worker.
 */
export function latestStartMs(
  { stretch, marginMs }: Foresight,
  { sloMs }: Scenario,
  { arrivedMs, cpuMs, waitMs }: RequestPool,
  request: number,
  rate: number,
): number {
  const serviceMs = cpuMs[request]! * stretch / rate + waitMs[request]!;
  return serviceMs < sloMs ? arrivedMs[request]! + sloMs - serviceMs - marginMs : Infinity;
}
