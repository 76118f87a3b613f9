import type { Logger } from "@logtape/logtape";
import { type GivenBounds, startNumbers } from "../gunicorn/start_numbers.ts";
import { configuredNumber } from "../gunicorn/launch_plan.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { FoundCount } from "./supervisor.ts";

/** What the number to start with is found from. */
export interface StartCountParts {
  /** The arbiter file as gunicorn's master writes it; undefined before it has. */
  readonly arbiter: () => Arbiter | undefined;
  readonly bounds: GivenBounds;
  readonly dryRun: boolean;
  readonly log: Logger;
}

/**
 * The number of workers in gunicorn's own configuration: decisions start from it, and so do bounds that are not set. In a
 * dry run every later change of the count is a new start.
 */
export class StartCount {
  readonly #parts: StartCountParts;
  #lastWorkers: number | undefined;

  constructor(parts: StartCountParts) {
    this.#parts = parts;
  }

  /** The count to start from, when there is a new one. */
  readonly found = (): FoundCount | undefined => {
    const { arbiter, bounds, dryRun, log } = this.#parts;
    const isFirst = this.#lastWorkers === undefined;
    if (!isFirst && !dryRun) return undefined;
    const seen = arbiter();
    if (seen?.readyNs === undefined || seen.confirmed === this.#lastWorkers) return undefined;
    this.#lastWorkers = seen.confirmed;
    if (!isFirst) return { workers: seen.confirmed };
    const { configured } = seen;
    const given = configured > 0 ? configuredNumber(Deno.env.toObject(), configured) : undefined;
    const { minWorkers, maxWorkers, note } = startNumbers(bounds, given);
    if (note !== undefined) log.info("{note}", { note });
    return { workers: seen.confirmed, minWorkers, maxWorkers };
  };
}
