import type { Logger } from "@logtape/logtape";
import { Autoscaler } from "../core/autoscaler.ts";
import type { PolicySettings } from "../core/policy_settings.ts";
import type { Decision } from "../core/reason.ts";
import type { Sample } from "../core/sample.ts";
import type { Order, StandingOrder } from "../core/policy/standing_order.ts";
import { AUTOMATIC, standingAt, withinBounds } from "../core/policy/standing_order.ts";
import type { CountState, WorkerCount } from "../gunicorn/worker_count.ts";
import { DecisionLog } from "../wording/decision_log.ts";
import { orderText } from "../wording/order_words.ts";
import { SleepLog } from "./sleep_log.ts";
import type { UnreadLog } from "./unread_log.ts";

/** Reads everything once. What cannot be read is "unknown"; it never throws. */
export interface Sampler {
  sample(nowMs: number): Sample;
  /** Whether gunicorn's master has ended a sleep since the last sample; cheap. */
  isWoken?(): boolean;
}

/** What happened in one tick, for status, metrics and the recording. */
export interface TickRecord {
  readonly sample: Sample;
  readonly decision: Decision;
  readonly count: CountState;
  readonly standing: StandingOrder;
  readonly settings: PolicySettings;
  /** The line that was logged for this decision; undefined when it is not logged again. */
  readonly sentence: string | undefined;
}

/** Workers by gunicorn's own configuration, and the bounds that follow. */
export interface FoundCount extends Partial<Pick<PolicySettings, "minWorkers" | "maxWorkers">> {
  readonly workers: number;
}

/** What the loop works with. */
export interface SupervisorParts {
  readonly sampler: Sampler;
  readonly count: WorkerCount;
  readonly log: Logger;
  readonly settings: PolicySettings;
  readonly initialWorkers: number;
  readonly tickMs: number;
  readonly dryRun: boolean;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** The count that decisions start from, whenever there is a new one that we have not asked for; see FoundCount. */
  readonly found?: () => FoundCount | undefined;
  /** Called before no worker is asked for, and at each tick while there is none: how deep the sleep is. */
  readonly onAsleep?: (isDeep: boolean) => void;
  /** Called at each tick: whether gthread workers are to take one request at a time. */
  readonly onThreads?: (oneAtATime: boolean) => void;
  readonly onTick?: (record: TickRecord) => void;
  readonly unreadLog?: UnreadLog;
}

/** The tick without workers. gunicorn's master says when it has woken. */
const ASLEEP_TICK_MS = 1_000;
/** A request for workers that is unconfirmed for this long is logged. */
const UNCONFIRMED_MS = 3_000;
/** An error of the same text is logged once in this time. */
const ERROR_REPEAT_MS = 60_000;

/**
 * The loop: sample, decide, apply, confirm, once a tick. Owns the only clock. An error in it is logged and the loop goes
 * on from a fresh state with the count it had: a failure of the autoscaler never ends the app.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #decisionLog: DecisionLog;
  readonly #sleepLog = new SleepLog();
  #settings: PolicySettings;
  #autoscaler: Autoscaler;
  #lastFound: Pick<PolicySettings, "minWorkers" | "maxWorkers">;
  #standing = AUTOMATIC;
  #stopped = false;
  #wake: (() => void) | undefined;
  #isOrdered = false;
  #warnedUnconfirmed = false;
  #tickedAtMs: number | undefined;
  readonly #errorsLogged = new Map<string, number>();
  /** Ticks that came more than a whole tick late, since the start. */
  lateTicks = 0;
  /** The longest time between two ticks since the start, ms. */
  longestIntervalMs = 0;
  /** Errors caught in the loop, since the start. */
  loopErrors = 0;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#lastFound = parts.settings;
    this.#decisionLog = new DecisionLog(() => this.#settings.sloP95Ms);
    this.#autoscaler = new Autoscaler(parts.settings, parts.initialWorkers);
  }

  /** The settings as they are now. */
  get settings(): PolicySettings {
    return this.#settings;
  }

  /** Changes settings live. The caller has validated them. */
  change(changes: Partial<PolicySettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    this.#tickSoon();
  }

  /** What an operator has set; a start is always automatic. */
  get standing(): StandingOrder {
    return this.#standing;
  }

  /** Pauses, pins or returns to automatic scaling; `untilMs` on the clock's time, Infinity for no end. */
  give(order: Order, untilMs = Infinity): void {
    this.#standing = { order, untilMs };
    this.#tickSoon();
    this.#parts.log.info("{text}", { text: orderText(this.#standing, this.#parts.clock()) });
  }

  /** SIGTTIN / SIGTTOU sent to us: the minimum moves by one, within 1 and the maximum. Returns the new minimum. */
  moveMinimum(by: 1 | -1): number {
    const { minWorkers, maxWorkers } = this.#settings;
    this.change({ minWorkers: Math.min(maxWorkers, Math.max(1, minWorkers + by)) });
    return this.#settings.minWorkers;
  }

  /** Ticks until stopped. The clock keeps the pace, not added sleeps; missed ticks are not repeated. */
  async run(): Promise<void> {
    const { clock } = this.#parts;
    let dueMs = clock();
    while (!this.#stopped) {
      this.tick(clock());
      const tickMs = this.paceMs;
      dueMs += tickMs;
      const lateMs = clock() - dueMs;
      if (lateMs > tickMs) {
        this.lateTicks++;
        dueMs = clock() + tickMs;
      }
      dueMs = await this.#untilDue(dueMs);
    }
  }

  /** Waits for the next tick; returns when that is: earlier when a sleep ends meanwhile, or something was ordered in it. */
  async #untilDue(dueMs: number): Promise<number> {
    const { clock } = this.#parts;
    const { isAsleep } = this.#autoscaler;
    this.#isOrdered = false;
    // Also a tick that is late lets others run first.
    let leftMs = Math.max(0, dueMs - clock());
    do {
      await this.#sleep(leftMs);
      if (isAsleep && this.#isOrdered) return clock();
      leftMs = dueMs - clock();
    } while (leftMs > 0 && !this.#stopped);
    return dueMs;
  }

  /** From one tick to the next, ms. */
  get paceMs(): number {
    return Math.max(this.#parts.tickMs, this.#autoscaler.isAsleep ? ASLEEP_TICK_MS : 0);
  }

  /** gunicorn's master may have woken: if it has, the next tick is now. */
  lookWhetherWoken(): void {
    if (this.#autoscaler.isAsleep && this.#parts.sampler.isWoken?.() === true) this.#tickSoon();
  }

  #tickSoon(): void {
    this.#isOrdered = true;
    this.#wake?.();
  }

  /** Ends the loop; a tick under way is finished. */
  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  /** One tick; public for tests, which pass their own time. */
  tick(nowMs: number): void {
    this.longestIntervalMs = Math.max(this.longestIntervalMs, nowMs - (this.#tickedAtMs ?? nowMs));
    this.#tickedAtMs = nowMs;
    try {
      this.#tick(nowMs);
    } catch (error) {
      this.loopErrors++;
      this.#logError(error, nowMs);
      this.#autoscaler = new Autoscaler(this.#settings, this.#autoscaler.target);
    }
  }

  #tick(nowMs: number): void {
    const { sampler, count, dryRun, onAsleep, onTick } = this.#parts;
    const sample = sampler.sample(nowMs);
    this.#startFrom(this.#parts.found?.());
    this.#endOrder(nowMs);
    const settings = this.#settings;
    const order = withinBounds(this.#standing.order, settings);
    const bounded = this.#parts.unreadLog?.bounded(settings, this.#autoscaler.target, sample) ?? settings;
    const decision = this.#autoscaler.step(sample, bounded, order);
    if (decision.reason.code === "asleep") onAsleep?.(decision.reason.isDeep);
    if (!dryRun) count.ask(decision.target, nowMs);
    if (!dryRun) this.#parts.onThreads?.(this.#autoscaler.oneAtATime);
    const sentence = this.#log(decision);
    this.#sleepLog.note(sample, decision, settings, this.#parts.log);
    const counted: CountState = dryRun ? { kind: "settled", workers: decision.current } : count.poll(nowMs);
    this.#warnUnconfirmed(counted);
    onTick?.({ sample, decision, count: counted, standing: this.#standing, settings, sentence });
  }

  #startFrom(found: FoundCount | undefined): void {
    if (found === undefined) return;
    // A bound that was changed since it was found, by a signal or by "set", stays as it was changed.
    for (const name of ["minWorkers", "maxWorkers"] as const) {
      const bound = found[name];
      if (bound !== undefined && this.#settings[name] === this.#lastFound[name]) {
        this.change({ [name]: bound });
      }
    }
    this.#lastFound = { ...this.#lastFound, ...found };
    this.change({ minWorkers: Math.min(this.#settings.minWorkers, this.#settings.maxWorkers) });
    this.#autoscaler = new Autoscaler(this.#settings, found.workers);
  }

  #endOrder(nowMs: number): void {
    const standing = standingAt(this.#standing, nowMs);
    if (standing === this.#standing) return;
    const ended = this.#standing.order.kind === "paused" ? "pause" : "pin";
    this.#parts.log.info("the {ended} ended: {text}", { ended, text: orderText(standing, nowMs) });
    this.#standing = standing;
  }

  #log(decision: Decision): string | undefined {
    const line = this.#decisionLog.lineFor(decision);
    if (line === undefined) return undefined;
    const text = this.#parts.dryRun ? `dry run, not applied: ${line.text}` : line.text;
    this.#parts.log[line.level]("{text}", {
      text,
      action: decision.action,
      current: decision.current,
      target: decision.target,
      wanted: decision.wanted,
      reason: decision.reason.code,
    });
    return text;
  }

  #warnUnconfirmed(count: CountState): void {
    const late = count.kind === "asking" && count.rings > 0 && count.sinceMs > UNCONFIRMED_MS;
    if (late && !this.#warnedUnconfirmed) {
      this.#parts.log.warn(
        "gunicorn has not confirmed {workers} workers for {seconds} s: " +
          "it is stopped, or a hook of its config blocks it; look at its log",
        { workers: count.workers, seconds: Math.round(count.sinceMs / 1000) },
      );
    }
    this.#warnedUnconfirmed = late;
  }

  #logError(error: unknown, nowMs: number): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const last = this.#errorsLogged.get(text);
    if (last !== undefined && nowMs - last < ERROR_REPEAT_MS) return;
    if (this.#errorsLogged.size > 100) this.#errorsLogged.clear();
    this.#errorsLogged.set(text, nowMs);
    this.#parts.log.error(
      "the autoscaler's loop failed ({text}); gunicorn keeps its workers and the loop continues",
      { text },
    );
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}
