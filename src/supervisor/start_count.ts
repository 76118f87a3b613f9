import type { Logger } from "@logtape/logtape";
import { type GivenBounds, startNumbers } from "../gunicorn/start_numbers.ts";
import { configuredNumber } from "../gunicorn/launch_plan.ts";
import type { Arbiter } from "../sensors/probe/arbiter_reading.ts";
import type { FoundCount } from "./supervisor.ts";

/** What the number to start with is found from. */
export interface StartCountParts {
  /** The arbiter file as gunicorn's master writes it; undefined before it has. */
  readonly arbiter: () => Arbiter | undefined;
  /** Workers that a gunicorn without the probe began with; undefined with it. */
  readonly startedWith: () => number | undefined;
  /** Workers that the command line names, which bounds and start follow already; undefined when it names none. */
  readonly given?: number | undefined;
  readonly bounds: GivenBounds;
  /** No more workers to begin with, because of memory. */
  readonly fitting: number;
  readonly dryRun: boolean;
  readonly log: Logger;
}

/**
 * The number of workers in gunicorn's own configuration: decisions start from it, and so do bounds that are not set. A
 * reload that finds another number there is a new start, and so is one that a hook of the user's or gunicorn's control
 * socket sets; in a dry run every later change of the count too.
 */
export class StartCount {
  readonly #parts: StartCountParts;
  #lastWorkers: number | undefined;
  #lastConfigured: number | undefined;
  #isFoundWithoutProbe: boolean;

  constructor(parts: StartCountParts) {
    this.#parts = parts;
    this.#lastConfigured = parts.given;
    // A dry run asks for none.
    this.#lastWorkers = parts.dryRun ? undefined : parts.given;
    this.#isFoundWithoutProbe = this.#lastWorkers !== undefined;
  }

  /** The count to start from, when there is a new one. */
  readonly found = (): FoundCount | undefined => {
    const { arbiter, bounds, fitting, dryRun, log } = this.#parts;
    const isFirst = this.#lastWorkers === undefined;
    const seen = arbiter();
    if (seen?.readyNs === undefined) return this.#withoutProbe();
    const { confirmed } = seen;
    // gunicorn's master does not tell one worker that the command line names from its default.
    const configured = seen.configured || (this.#parts.given ?? 0);
    const isNew = configured !== this.#lastConfigured;
    if (!isNew && (!dryRun || confirmed === this.#lastWorkers)) return undefined;
    this.#lastWorkers = confirmed;
    this.#lastConfigured = configured;
    if (!isNew) return { workers: confirmed };
    const given = configured > 0 ? configuredNumber(Deno.env.toObject(), configured) : undefined;
    const { initialWorkers, minWorkers, maxWorkers, note } = startNumbers(
      bounds,
      given,
      isFirst ? fitting : Math.max(fitting, confirmed),
    );
    if (note !== undefined) log.info("{note}", { note });
    // At the start gunicorn's master has found it by itself.
    const isKept = (isFirst && seen.reloads === 0) || dryRun || given === undefined;
    return { workers: isKept ? confirmed : initialWorkers, minWorkers, maxWorkers };
  };

  /** Its own number cannot be read: one worker is what gunicorn begins with when it has none. */
  #withoutProbe(): FoundCount | undefined {
    const { startedWith, bounds, log } = this.#parts;
    const workers = startedWith() ?? 0;
    if (this.#isFoundWithoutProbe || workers < 2) return undefined;
    this.#isFoundWithoutProbe = true;
    const numbers = startNumbers(bounds, { workers, source: `workers=${workers} of gunicorn` });
    if (numbers.note !== undefined) log.info("{note}", { note: numbers.note });
    const { initialWorkers, minWorkers, maxWorkers } = numbers;
    return { workers: initialWorkers, minWorkers, maxWorkers };
  }
}
