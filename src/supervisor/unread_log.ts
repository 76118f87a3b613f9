import type { Logger } from "@logtape/logtape";
import { isNearlyFull } from "../core/bounds/memory.ts";
import type { PolicySettings } from "../core/policy_settings.ts";
import { known, type Sample } from "../core/sample.ts";

/** How long the log has waited for its reader before a warning says so. */
const WARN_MS = 10_000;
/** The log counts as unread from this share of what it takes on. */
const UNREAD_SHARE = 0.5;

type LogSample = Pick<Sample, "nowMs" | "memory">;

/**
 * A log whose reader has stopped. gunicorn writes a few lines for each worker that starts or ends, and once the pipe is full
 * its master waits: it would replace no worker, wake from no sleep, and hear no signal. So no worker is removed but
 * for memory: growth alone ends by itself.
 */
export class UnreadLog {
  readonly #unreadShare: () => number;
  readonly #log: Logger;
  #sinceMs: number | undefined;
  #isWarned = false;

  /** @param unreadShare the share of what the log takes that waits to be read */
  constructor(unreadShare: () => number, log: Logger) {
    this.#unreadShare = unreadShare;
    this.#log = log;
  }

  /** The settings to decide by, with `workers` now; none while asleep, which goes on. */
  bounded(settings: PolicySettings, workers: number, { nowMs, memory }: LogSample): PolicySettings {
    if (this.#unreadShare() < UNREAD_SHARE) {
      this.#sinceMs = undefined;
      this.#isWarned = false;
      return settings;
    }
    this.#sinceMs ??= nowMs;
    if (!this.#isWarned && nowMs - this.#sinceMs >= WARN_MS) {
      this.#isWarned = true;
      this.#log.warn(
        "the log is not read: no worker is removed until it is, as gunicorn stops when its log is full",
      );
    }
    if (workers === 0) return settings;
    // A worker that is removed for memory writes little; one that the kernel kills loses its requests.
    if (known(memory) && isNearlyFull(memory.own ?? "unknown")) return { ...settings, sleepAfterMs: 0 };
    const { minWorkers, maxWorkers } = settings;
    return { ...settings, minWorkers: Math.max(minWorkers, Math.min(workers, maxWorkers)), sleepAfterMs: 0 };
  }
}
