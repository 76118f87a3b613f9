import { type BootGate, nextGate, OPEN_GATE } from "./bounds/boot_gate.ts";
import { boundsOf } from "./bounds/bounds.ts";
import { type MemoryWatch, NO_MEMORY_TROUBLE, watchMemory } from "./bounds/memory.ts";
import { minimumBound } from "./bounds/minimum.ts";
import {
  CPU_AGE_MS,
  CPU_DELAY_MS,
  CPU_WINDOW_MS,
  MINIMUM_FITS_MS,
  SECOND_MS,
  YOUNG_WORKER_MS,
} from "./constants.ts";
import { ownBootMs } from "./boot_time.ts";
import { arrivingCores } from "./demand/cpu.ts";
import { demandOf } from "./demand/demand.ts";
import { oneAtATime } from "./bounds/interpreter_lock.ts";
import { type Flat, flatFrom, flatKnownFromMs, nextFlat } from "./flat.ts";
import { History, type Tick } from "./history.ts";
import { decide } from "./policy/policy.ts";
import { initialPolicy, type PolicyState } from "./policy/policy_state.ts";
import { type BootPace, nextPace, NO_BOOTS } from "./policy/boot_pace.ts";
import { asleepDecision, AWAKE, nextSleep, type SleepState, wakingDecision } from "./policy/sleep.ts";
import { AUTO, type Order } from "./policy/standing_order.ts";
import { nextStart, notStarted, type StartHold } from "./policy/start_hold.ts";
import type { PolicySettings } from "./policy_settings.ts";
import type { Bound, Decision, Demand } from "./reason.ts";
import { hasLock, isAsync } from "./kinds.ts";
import { SlidingMin } from "./sliding_min.ts";
import { known, type Maybe, type Sample, type WorkerCounts } from "./sample.ts";
import { endedIn, type LastTick, lastTick, NO_TICK, toTick } from "./tick.ts";

/**
 * The law: sample -> demand -> bounds -> decision, once a tick. It has no clock and no input but its
 * arguments, so the same code runs in production, in the simulator and over recordings.
 */
export class Autoscaler {
  #history: History;
  #policy: PolicyState;
  #start: StartHold;
  #gate: BootGate = OPEN_GATE;
  #memory: MemoryWatch = NO_MEMORY_TROUBLE;
  #sleep: SleepState = AWAKE;
  #last: LastTick = NO_TICK;
  #oneAtATime = false;
  #isCpuBound = false;
  #flat: Flat = flatFrom(-Infinity);
  /** How long the latest worker took to boot, without its waits for a CPU; 0 before one has. */
  #bootMs = 0;
  #pace: BootPace = NO_BOOTS;
  /** Ready workers. */
  #ready = SlidingMin.EMPTY;
  /** Workers of the minimum that memory holds. */
  #minimumThatFits = SlidingMin.EMPTY;

  /** `target`: the number of workers that gunicorn was started with. */
  constructor(settings: PolicySettings, target: number) {
    this.#history = new History(longestWindowMs(settings));
    this.#policy = initialPolicy(target);
    this.#start = notStarted(target);
  }

  /** The number of workers decided last. */
  get target(): number {
    return this.#policy.target;
  }

  /** Whether all workers are stopped because there were no requests. */
  get isAsleep(): boolean {
    return this.#sleep.sinceMs !== undefined;
  }

  /** Whether gthread workers are to take one request at a time, instead of as many as they have threads. */
  get oneAtATime(): boolean {
    return this.#oneAtATime;
  }

  /** Takes in the next sample and decides. */
  step(sample: Sample, settings: PolicySettings, order: Order = AUTO): Decision {
    const { sleep, waking } = nextSleep(this.#sleep, sample, settings, order);
    this.#sleep = sleep;
    const { sinceMs } = sleep;
    if (sinceMs !== undefined) {
      const decision = asleepDecision(sample, { ...sleep, sinceMs }, settings, this.#policy.target);
      this.#policy = { ...this.#policy, target: 0 };
      this.#last = NO_TICK;
      return decision;
    }
    if (waking !== undefined) this.#wake(sample.nowMs, settings);
    // The least that can serve comes first; the minimum once it does.
    const decision = this.#decide(sample, sleep.isWaking ? { ...settings, minWorkers: 1 } : settings, order);
    return waking === undefined ? decision : wakingDecision(decision, waking);
  }

  /** After a sleep: one worker, no history, what was learned of this application's load. */
  #wake(nowMs: number, settings: PolicySettings): void {
    const { holdFactor, holdChangedAtMs, returnedFrom } = this.#policy;
    this.#history = new History(longestWindowMs(settings));
    this.#flat = flatFrom(nowMs);
    this.#policy = { ...initialPolicy(1), holdFactor, holdChangedAtMs, returnedFrom };
    this.#ready = SlidingMin.EMPTY;
  }

  #decide(measured: Sample, settings: PolicySettings, order: Order): Decision {
    const { target } = this.#policy;
    const counts = this.#observe(measured, settings);
    const windows = {
      recent: this.#history.sums(CPU_WINDOW_MS),
      stable: this.#history.sums(settings.windowMs),
      asRead: this.#history.sums(CPU_WINDOW_MS, CPU_AGE_MS),
      before: this.#history.sums(CPU_WINDOW_MS, CPU_DELAY_MS),
    };
    if (!hasLock(measured.model)) {
      this.#oneAtATime = false;
    } else if (known(measured.cpu)) {
      const variation = this.#history.durationVariation(settings.windowMs);
      // Requests wait for another worker only where there may be one.
      this.#oneAtATime = settings.maxWorkers > 1 && oneAtATime(this.#oneAtATime, windows, variation);
    }
    const sample = known(measured.cpu) && this.#oneAtATime ? withOneSlot(measured) : measured;
    const demand = this.#demand(sample, settings, counts);
    const { watch, removal } = watchMemory(this.#memory, sample, settings, counts, target);
    this.#memory = watch;
    const servingCores = Math.min(
      counts.ready,
      arrivingCores(this.#history, windows.stable, sample.elapsedMs),
    );
    const { pace, most } = nextPace(this.#pace, { sample, counts, target, servingCores });
    this.#pace = pace;
    const { state, decision } = decide(this.#policy, {
      nowMs: sample.nowMs,
      demand,
      hasWorkers: known(sample.workers),
      bounds: boundsOf({
        sample,
        settings,
        counts,
        young: this.#last.ready - this.#ready.min(sample.nowMs, YOUNG_WORKER_MS, this.#last.ready),
        target,
        gate: this.#gate,
        bootMs: this.#bootMs,
        wasCpuBound: this.#isCpuBound,
        memory: watch,
        minimumThatFits: this.#minimumBound(sample, counts),
        ...windows,
      }),
      removal,
      settings,
      order,
      bootMs: this.#bootMs,
      slots: sample.model.slots,
      mostByPace: most,
      ended: endedIn(sample),
      variation: this.#history.durationVariation(settings.windowMs),
      start: this.#start,
      flatFromMs: flatKnownFromMs(this.#flat),
    });
    this.#policy = state;
    this.#isCpuBound = decision.bounds.all.some(({ why }) => why.code === "cpu");
    return decision;
  }

  /** What memory has held of the minimum, for long enough. */
  #minimumBound(sample: Sample, counts: WorkerCounts): Bound | undefined {
    const bound = minimumBound(sample, counts, this.target);
    if (bound === undefined) return undefined;
    this.#minimumThatFits = this.#minimumThatFits.with(sample.nowMs, bound.workers);
    const fewest = this.#minimumThatFits.min(sample.nowMs, MINIMUM_FITS_MS, bound.workers);
    return { ...bound, workers: Math.max(this.target, fewest) };
  }

  /** Adds the sample to what is remembered. Returns the workers there are: those of the target where they are not known. */
  #observe(sample: Sample, settings: PolicySettings): WorkerCounts {
    const { workers, boots, nowMs } = sample;
    const ready = known(workers) ? workers.ready : this.#last.ready;
    this.#start = nextStart(this.#start, sample, known(workers) ? workers.ready : 0);
    this.#gate = nextGate(this.#gate, sample, ready > this.#last.ready);
    const bootMs = known(boots) ? ownBootMs(boots) : "unknown";
    if (known(bootMs)) this.#bootMs = bootMs;
    this.#ready = this.#ready.with(nowMs, ready);
    this.#history.keepAtLeast(longestWindowMs(settings));
    // The first sample has no time behind it; its deltas mean nothing.
    if (sample.elapsedMs > 0) {
      this.#remember(toTick(sample, ready, this.#last), isAsync(sample.model.kind), settings);
    } else this.#flat = flatFrom(nowMs);
    this.#last = lastTick(sample, ready);
    if (known(workers)) return workers;
    return { target: "unknown", ready: this.target, booting: 0, draining: 0, oldestBootMs: 0 };
  }

  #remember(tick: Tick, isAsync: boolean, { burstWindowMs, windowMs }: PolicySettings): void {
    this.#history.push(tick);
    const windows = [SECOND_MS, burstWindowMs, windowMs].map((ms) => this.#history.sums(ms));
    const variation = this.#history.durationVariation(windowMs);
    this.#flat = nextFlat(this.#flat, tick, windows, { variation, isAsync });
  }

  #demand(sample: Sample, settings: PolicySettings, counts: WorkerCounts): Maybe<Demand> {
    if (!hasData(sample)) return "unknown";
    const { target, lastUpAtMs } = this.#policy;
    const demand = demandOf({
      sample,
      history: this.#history,
      settings,
      counts,
      target,
      bootMs: this.#bootMs,
      sinceUpMs: sample.nowMs - lastUpAtMs,
    });
    return { ...demand, enough: Math.max(demand.enough, this.#unseenMayNeed(sample, counts)) };
  }

  /**
   * What is not seen of some workers may keep them busy: it is no reason to take any away. Where no request can be seen
   * (an unknown class may accept all at once and queue inside), none of those to begin with.
   */
  #unseenMayNeed({ load }: Sample, counts: WorkerCounts): number {
    if ((counts.unseen ?? 0) > 0) return this.target;
    const sees = known(load) || this.#start.hasRequests;
    return sees ? 0 : Math.min(this.target, this.#start.workers);
  }
}

/** The sample of workers that take one request at a time, whatever threads they have. */
function withOneSlot(sample: Sample): Sample {
  return { ...sample, model: { ...sample.model, slots: 1 } };
}

function longestWindowMs(settings: PolicySettings): number {
  return Math.max(settings.windowMs, settings.burstWindowMs, CPU_WINDOW_MS + CPU_DELAY_MS);
}

/** Without any of the signals that show demand there is nothing to decide on. */
function hasData({ elapsedMs, load, statsd, queue }: Sample): boolean {
  return elapsedMs > 0 && (known(load) || known(statsd) || known(queue));
}
