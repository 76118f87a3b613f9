import type { Logger } from "@logtape/logtape";
import type { PolicySettings } from "../core/policy_settings.ts";

/** A log that waits for its reader for so long is said to. */
const WARN_MS = 10_000;

/**
 * A log whose reader has stopped. gunicorn writes a few lines for each worker that starts or ends, and once the pipe is full
 * its master waits: it would replace no worker, and hear no signal. So no worker is removed: growth alone ends by itself.
 */
export class UnreadLog {
  readonly #isHalfFull: () => boolean;
  readonly #log: Logger;
  #sinceMs: number | undefined;
  #isSaid = false;

  /** @param isHalfFull whether half of what the log takes waits to be read */
  constructor(isHalfFull: () => boolean, log: Logger) {
    this.#isHalfFull = isHalfFull;
    this.#log = log;
  }

  /** The settings to decide by, with `workers` now. */
  bounded(settings: PolicySettings, workers: number, nowMs: number): PolicySettings {
    if (!this.#isHalfFull()) {
      this.#sinceMs = undefined;
      this.#isSaid = false;
      return settings;
    }
    this.#sinceMs ??= nowMs;
    if (!this.#isSaid && nowMs - this.#sinceMs >= WARN_MS) {
      this.#isSaid = true;
      this.#log.warn(
        "the log is not read: no worker is removed until it is, gunicorn would wait to write of it",
      );
    }
    const { minWorkers, maxWorkers } = settings;
    return { ...settings, minWorkers: Math.max(minWorkers, Math.min(workers, maxWorkers)) };
  }
}
