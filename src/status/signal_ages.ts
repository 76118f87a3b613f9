import { known, type Maybe, type Sample } from "../core/sample.ts";
import type { SignalReport } from "./status_types.ts";

const READERS: Readonly<Record<SignalReport["name"], (sample: Sample) => boolean>> = {
  probe: (sample) => known(sample.load) || hasNoWorkers(sample),
  "accept-queue": (sample) => known(sample.queue),
  statsd: (sample) => known(sample.statsd),
  cpu: (sample) => known(sample.cpu) || hasNoWorkers(sample),
  memory: (sample) => known(sample.memory),
};

/** When each signal could last be read. */
export class SignalAges {
  readonly #readAtMs = new Map<SignalReport["name"], number>();
  #nowMs = 0;

  /** Takes in one tick. */
  note(sample: Sample): void {
    this.#nowMs = sample.nowMs;
    for (const name of names()) if (READERS[name](sample)) this.#readAtMs.set(name, sample.nowMs);
  }

  /** Each signal with its age at the last tick. */
  list(): SignalReport[] {
    return names().map((name) => ({ name, ageSeconds: this.#age(name) }));
  }

  #age(name: SignalReport["name"]): Maybe<number> {
    const at = this.#readAtMs.get(name);
    return at === undefined ? "unknown" : (this.#nowMs - at) / 1000;
  }
}

/** Nothing of theirs is read then, and nothing is missing. */
function hasNoWorkers({ workers }: Sample): boolean {
  return known(workers) && workers.target === 0;
}

function names(): SignalReport["name"][] {
  return Object.keys(READERS) as SignalReport["name"][];
}
