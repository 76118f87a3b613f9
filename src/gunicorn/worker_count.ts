/** Applies a target number of workers. Signals can be lost (standard signals coalesce), so each request is confirmed. */

/** gunicorn's signals for one worker more or fewer. */
export type CountSignal = "SIGTTIN" | "SIGTTOU";

/** The state of a request for workers. */
export type CountState =
  | { readonly kind: "settled"; readonly workers: number }
  | { readonly kind: "asking"; readonly workers: number; readonly sinceMs: number; readonly rings: number };

/** Applies a target number of workers. */
export interface WorkerCount {
  /** Asks for `workers` from now on. Returns at once; later polls complete it. */
  ask(workers: number, nowMs: number): void;
  /** Checks the confirmation, and asks again without one. Called once a tick. */
  poll(nowMs: number): CountState;
}

/** The two sides of the arbiter file that a doorbell needs. */
export interface ArbiterPort {
  /** Writes the wanted number and a new sequence number, and returns the latter. */
  request(workers: number): number;
  /** What the master has confirmed; undefined before it has. */
  confirmed(): { readonly workers: number; readonly seq: number } | undefined;
}

const FIRST_RING_MS = 200;
const LONGEST_RING_MS = 2_000;
/** Unanswered signals at a time. */
const MOST_UNCONFIRMED = 2;

/**
 * With the probe: the wanted number stands in the arbiter file and one signal, whatever the distance, makes the master
 * read it. Rung once more after 200 ms while the master has not confirmed that very request: its queue of signals holds
 * five up to gunicorn 23, and one that is busy looks at the file by itself afterwards.
 */
export class Doorbell implements WorkerCount {
  readonly #port: ArbiterPort;
  readonly #ring: (signal: CountSignal) => void;
  #wanted: number | undefined;
  #seq: number;
  #signal: CountSignal = "SIGTTIN";
  #askedAtMs = 0;
  #ringAgainAtMs = Infinity;
  #pauseMs = FIRST_RING_MS;
  #rings = 0;
  /** Sequence numbers of the requests rung for that the master had not confirmed at the last ring. */
  #unconfirmed: number[] = [];
  /** Confirmations seen, and rings beyond the first of each request: for metrics. */
  confirmations = 0;
  retries = 0;

  /**
   * @param workers what gunicorn is being started with, which the master confirms when it comes up; undefined when its own
   * configuration decides, and nothing is asked for before it has
   */
  constructor(port: ArbiterPort, ring: (signal: CountSignal) => void, workers: number | undefined) {
    this.#port = port;
    this.#ring = ring;
    this.#wanted = workers;
    this.#seq = workers === undefined ? 0 : port.request(workers);
  }

  ask(workers: number, nowMs: number): void {
    if (this.#wanted === undefined || workers === this.#wanted) return;
    this.#signal = workers > this.#wanted ? "SIGTTIN" : "SIGTTOU";
    this.#wanted = workers;
    // In a slow start gunicorn sets its count: our signal would coalesce with the one by which a worker asks for the next.
    // It may have gone on since that count was read.
    const counted = this.#port.confirmed()?.workers ?? 0;
    if (this.#seq === 0 && (counted === workers || counted > workers && this.#signal === "SIGTTIN")) return;
    this.#seq = this.#port.request(workers);
    this.#askedAtMs = nowMs;
    this.#pauseMs = FIRST_RING_MS;
    this.#rings = 0;
    this.#ringNow(nowMs);
  }

  poll(nowMs: number): CountState {
    const confirmed = this.#port.confirmed();
    this.#wanted ??= confirmed?.workers;
    if (this.#wanted === undefined) return { kind: "asking", workers: 0, sinceMs: 0, rings: 0 };
    if (confirmed !== undefined && confirmed.seq >= this.#seq && confirmed.workers === this.#wanted) {
      if (this.#ringAgainAtMs !== Infinity) this.confirmations++;
      this.#ringAgainAtMs = Infinity;
      return { kind: "settled", workers: this.#wanted };
    }
    // A master that has not spoken at all is still starting: a signal now would end it, its handlers are not set yet.
    if (confirmed !== undefined && nowMs >= this.#ringAgainAtMs) {
      this.retries++;
      // Written anew: an app of the same user can have written another number over it.
      this.#seq = this.#port.request(this.#wanted);
      this.#ringNow(nowMs);
    } else if (confirmed !== undefined && this.#ringAgainAtMs === Infinity) {
      // The master's count has changed since it was confirmed.
      this.#askedAtMs = nowMs;
      this.#rings = 0;
      this.#ringAgainAtMs = nowMs + FIRST_RING_MS;
    }
    return { kind: "asking", workers: this.#wanted, sinceMs: nowMs - this.#askedAtMs, rings: this.#rings };
  }

  #ringNow(nowMs: number): void {
    const confirmed = this.#port.confirmed();
    this.#unconfirmed = this.#unconfirmed.filter((seq) => seq > (confirmed?.seq ?? 0));
    if (confirmed !== undefined && this.#unconfirmed.length < MOST_UNCONFIRMED) {
      this.#ring(this.#signal);
      this.#rings++;
      this.#unconfirmed.push(this.#seq);
    }
    this.#ringAgainAtMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_RING_MS, this.#pauseMs * 2);
  }
}

/** How long one signal may take to show before the next is sent: a single signal is not lost. */
const SIGNAL_MS = 1_000;
/** Children may differ from the target this long (drains, boots, recycled workers) before it counts as drift. */
const DRIFT_MS = 10_000;

/**
 * Without the probe: one signal at a time, each seen in the number of the master's children before the next. A worker
 * that drains is still a child, so a signal that does not show is taken as carried out after a second; what is wrong
 * after that is corrected when the children have differed from the target for 10 s.
 */
export class SignalSteps implements WorkerCount {
  readonly #children: () => number | undefined;
  readonly #ring: (signal: CountSignal) => void;
  #wanted: number;
  /** The master's count by the signals it was sent. */
  #signalled: number;
  #pending: { readonly from: number; readonly sentAtMs: number; readonly signal: CountSignal } | undefined;
  #askedAtMs = 0;
  #differsSinceMs: number | undefined;
  /** Since when there are no children: gunicorn is ending, or boots again. */
  #unseenSinceMs: number | undefined;
  #rings = 0;
  confirmations = 0;
  retries = 0;

  constructor(children: () => number | undefined, ring: (signal: CountSignal) => void, workers: number) {
    this.#children = children;
    this.#ring = ring;
    this.#wanted = workers;
    this.#signalled = workers;
  }

  ask(workers: number, nowMs: number): void {
    if (workers === this.#wanted) return;
    this.#wanted = workers;
    this.#askedAtMs = nowMs;
    this.#rings = 0;
    this.poll(nowMs);
  }

  poll(nowMs: number): CountState {
    const children = this.#children();
    if (children === undefined) return this.#asking(nowMs, this.#unseenSinceMs ??= nowMs);
    this.#unseenSinceMs = undefined;
    if (this.#pending !== undefined) {
      const { from, sentAtMs, signal } = this.#pending;
      const shown = signal === "SIGTTIN" ? children > from : children < from;
      if (shown) this.confirmations++;
      if (!shown && nowMs - sentAtMs < SIGNAL_MS) return this.#asking(nowMs);
      this.#pending = undefined;
    }
    if (this.#signalled !== this.#wanted) {
      this.#send(this.#signalled < this.#wanted ? "SIGTTIN" : "SIGTTOU", children, nowMs);
      return this.#asking(nowMs);
    }
    if (children === this.#wanted) {
      this.#differsSinceMs = undefined;
      return { kind: "settled", workers: this.#wanted };
    }
    this.#differsSinceMs ??= nowMs;
    if (nowMs - this.#differsSinceMs >= DRIFT_MS) {
      // The master's count is not what we asked for: something else signalled it. One step a drift period.
      this.retries++;
      this.#differsSinceMs = nowMs;
      this.#signalled += children < this.#wanted ? -1 : 1;
      this.#send(children < this.#wanted ? "SIGTTIN" : "SIGTTOU", children, nowMs);
    }
    return { kind: "settled", workers: this.#wanted };
  }

  #send(signal: CountSignal, children: number, nowMs: number): void {
    this.#ring(signal);
    this.#rings++;
    this.#signalled += signal === "SIGTTIN" ? 1 : -1;
    this.#pending = { from: children, sentAtMs: nowMs, signal };
  }

  #asking(nowMs: number, sinceMs = this.#askedAtMs): CountState {
    return { kind: "asking", workers: this.#wanted, sinceMs: nowMs - sinceMs, rings: this.#rings };
  }
}
