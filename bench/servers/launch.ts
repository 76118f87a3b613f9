/** How a server of the benchmark is started. */
import type { WorkersAre } from "./workers.ts";

/** A command to start. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly workersAre: WorkersAre;
  /** Workers it starts with, if not the scenario's minimum. */
  readonly firstWorkers?: number;
  /** Children that are no workers. */
  readonly otherChildren?: number;
}
