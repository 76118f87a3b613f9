/** A number of workers that the user gives is the number to start with, and a bound when ours is not set. */

import { UNUSED_WORKER_BYTES } from "../core/constants.ts";
import type { Maybe } from "../core/sample.ts";

/** The bounds, and which of them are given. */
export interface GivenBounds {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly isMinGiven: boolean;
  readonly isMaxGiven: boolean;
}

/** A number of workers that gunicorn was given. */
export interface GivenNumber {
  readonly workers: number;
  /** Its source as shown: "--workers=4", "workers=4 of gunicorn's config". */
  readonly source: string;
}

/** How many workers to start with, and their bounds. */
export interface StartNumbers {
  readonly initialWorkers: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Where the number comes from and what it changes; undefined when none was given. */
  readonly note: string | undefined;
}

/**
 * A number below the default minimum is the minimum; one above the default maximum is the maximum. One worker, with
 * neither bound given, stays one: Socket.IO, schedulers and sessions in the process break with two.
 * Examples, with 2 to 5 by default: 4: starts with 4, 2 to 5. 9: starts with 9, 2 to 9. 1: stays 1. 1 and
 * --max-workers 4: starts with 1, 1 to 4. 9 and --max-workers 4: starts with 4.
 *
 * @param fitting no more to begin with, see fittingAtFirst
 */
export function startNumbers(
  bounds: GivenBounds,
  given: GivenNumber | undefined,
  fitting = Infinity,
): StartNumbers {
  const numbers = withoutMemory(bounds, given);
  const { initialWorkers } = numbers;
  if (initialWorkers <= fitting) return numbers;
  const note = `${fitting} of ${initialWorkers} workers to begin with, because memory may not hold more`;
  return { ...numbers, initialWorkers: fitting, note };
}

/**
 * Workers that surely fit into so much free memory while none has shown what it takes; one at least.
 * Examples, with 400 MiB set aside for each: 200 MiB: 1. 1300 MiB: 3.
 */
export function fittingAtFirst(freeBytes: Maybe<number>): number {
  return freeBytes === "unknown" ? Infinity : Math.max(1, Math.floor(freeBytes / UNUSED_WORKER_BYTES));
}

function withoutMemory(bounds: GivenBounds, given: GivenNumber | undefined): StartNumbers {
  const { isMinGiven, isMaxGiven } = bounds;
  if (given === undefined || given.workers < 1) {
    const { minWorkers, maxWorkers } = bounds;
    return { initialWorkers: minWorkers, minWorkers, maxWorkers, note: undefined };
  }
  const { workers, source } = given;
  const minWorkers = isMinGiven ? bounds.minWorkers : Math.min(bounds.minWorkers, workers);
  const isAlone = workers === 1 && minWorkers === 1 && !isMaxGiven;
  const maxWorkers = isAlone ? 1 : isMaxGiven ? bounds.maxWorkers : Math.max(bounds.maxWorkers, workers);
  const initialWorkers = Math.min(Math.max(workers, minWorkers), maxWorkers);
  return { initialWorkers, minWorkers, maxWorkers, note: note() };

  function note(): string {
    if (isAlone) {
      return `${source} stays the only worker, as state kept in one process needs it: --max-workers lets it grow`;
    }
    if (initialWorkers !== workers) {
      return `${source} is the number to begin with, brought within ${minWorkers} to ${maxWorkers}`;
    }
    if (maxWorkers !== bounds.maxWorkers) {
      return `${source} is the number to begin with and the maximum: --max-workers sets another`;
    }
    if (minWorkers !== bounds.minWorkers) return `${source} is the number to begin with and the minimum`;
    return `${source} is the number to begin with; the autoscaler takes it from there`;
  }
}
