/**
 * Mutants that no test can catch because they do the same as the code. Each says why; one that is not in the code any
 * more is an error, so that this list does not outlive what it excuses.
 */
import type { Mutant } from "./mutants.ts";

export interface Equivalent {
  readonly file: string;
  /** The line of code, trimmed. */
  readonly code: string;
  /** What is changed into what, as `--list-survivors` prints it. */
  readonly changes: readonly string[];
  readonly because: string;
}

const LINEAR =
  "up to 8 units both formulas are the same: i = 2^(i/4 | 0 + 1) * (1 + i % 4 / 4) for i = 4 to 7";
const LAST_BUCKET = "whatever is this long falls into the last bucket, which starts at 7.5 s";
const ALLOWANCE = "it is for rounding errors in the last digits: any allowance so small is as good";
const NO_UNIT = "variation has no unit: a factor on all values changes nothing";

const EQUIVALENT: readonly Equivalent[] = [
  {
    file: "constants.ts",
    code: "export const ROUNDING = 1e-9;",
    changes: ["1e-9 → 2e-9"],
    because: ALLOWANCE,
  },
  {
    file: "histogram.ts",
    code: "if (i < 4) return i * UNIT_MS;",
    changes: ["< → <=", "4 → 5", "4 → 8"],
    because: LINEAR,
  },
  {
    file: "histogram.ts",
    code: "if (!(units >= 4)) return units > 0 ? units : 0;",
    changes: [">= → >", "4 → 5", "4 → 8"],
    because: LINEAR,
  },
  {
    file: "histogram.ts",
    code: "if (!(units >= 4)) return units > 0 ? units : 0;",
    changes: ["> → >="],
    because: "0 units are bucket 0 either way",
  },
  {
    file: "histogram.ts",
    code: "const units = Math.floor(Math.min(ms, 1e9) / UNIT_MS);",
    changes: ["1e9 → 1000000001", "1e9 → 2000000000"],
    because: LAST_BUCKET,
  },
  {
    file: "histogram.ts",
    code: "return (lowerBoundMs(i) + lowerBoundMs(i + 1)) / 2;",
    changes: ["/ → *", "2 → 3", "2 → 4"],
    because: NO_UNIT,
  },
  {
    file: "history.ts",
    code: "for (let b = 0; b < BUCKETS; b++) counts[b]! += tick.durations[b] ?? 0;",
    changes: ["< → <="],
    because: "there is nothing behind the last bucket: it counts nothing there",
  },
  {
    file: "history.ts",
    code: "if (drop > 0) this.#ticks.splice(0, drop);",
    changes: ["> → >="],
    because: "to drop none changes nothing",
  },
  {
    file: "history.ts",
    code: "if (last !== undefined && nowMs - last.atMs < DURATIONS_EVERY_MS && nowMs >= last.atMs) {",
    changes: [">= → >"],
    because: "in the same tick the durations are the same",
  },
  {
    file: "bounds/memory.ts",
    code: "recentKills: 0,",
    changes: ["0 → 1"],
    because: "the first sample sets it to 0, as after each time of a ceiling",
  },
  {
    file: "bounds/memory.ts",
    code: "untilMs: -Infinity,",
    changes: ["-x → x"],
    because: "there is no ceiling yet, so none ends",
  },
  {
    file: "policy/sleep.ts",
    code:
      "export const AWAKE: SleepState = { quietSinceMs: undefined, sinceMs: undefined, wakes: 0, isWaking: false };",
    changes: ["0 → 1"],
    because: "awake, the number is not compared, and each sample has its own",
  },
  {
    file: "waiting.ts",
    code: "if (lowerBoundMs(i) >= LEAST_KERNEL_WAIT_MS) waitedMs += waits[i]! * middleMs(i);",
    changes: [">= → >"],
    because: "no bucket begins there",
  },
  {
    file: "demand/fall.ts",
    code: "if (came >= expected) return 0;",
    changes: [">= → >"],
    because: "what came as expected has no evidence by the formula too: ln 1 is 0",
  },
  {
    file: "demand/fall.ts",
    code: "if (before.spanMs <= 0) return false;",
    changes: ["<= → <"],
    because: "nothing over no time is NaN, which is no evidence",
  },
  {
    file: "tick.ts",
    code: "durations: known(statsd) && statsd.durationCount > 0 ? statsd.durations : undefined,",
    changes: ["&& → ||", "> → >="],
    because: "without durations all buckets are 0, and add nothing",
  },
  {
    file: "constants.ts",
    code: "export const BURST_WINDOW_TICKS = [1, 2, 3, 5, 7];",
    changes: ["1 → 0"],
    because: "a window holds the newest tick, however short it is",
  },
  {
    file: "demand/burst.ts",
    code: "if (evidence < most) continue;",
    changes: ["< → <="],
    because: "of two windows with the same evidence either will do",
  },
  {
    file: "demand/burst.ts",
    code: "return came > base ? came * Math.log(came / base) - (came - base) : 0;",
    changes: ["> → >="],
    because: "what came as expected has no evidence by the formula too: ln 1 is 0",
  },
  {
    file: "demand/burst.ts",
    code:
      "const fast = BURST_WINDOW_TICKS.map((ticks) => ticks * sample.elapsedMs).filter((ms) => ms < SECOND_MS);",
    changes: ["< → <="],
    because: "a window of a second is looked at anyway; twice is as good",
  },
  {
    file: "demand/burst.ts",
    code:
      "sums.spanMs <= stable.spanMs && (sums.spanMs <= SECOND_MS || nowRps >= rpsOf(sums) * BURST_OVER_SHARE)",
    changes: ["<= → <"],
    because:
      "a window as long as the stable one has its rate and is no burst; the last second has half of its own rate",
  },
  {
    file: "sliding_max.ts",
    code: "const larger = this.#entries.filter((entry) => entry.value > value);",
    changes: ["> → >="],
    because: "an equal value that is kept beside the newer one goes first, and the newer one stands for it",
  },
  {
    file: "policy/shrink.ts",
    code:
      "const fewest = Math.max(hold.mostEnough, streams, input.bounds.min, startMs > 0 ? start!.workers : 0);",
    changes: ["0 → 1"],
    because: "at least one worker is always wanted",
  },
  {
    file: "policy/hold.ts",
    code: "const halved = Math.max(1, holdFactor / 2);",
    changes: ["1 → 0"],
    because: "the factor is a power of two above 1 here: its half is 1 or more",
  },
  {
    file: "demand/delay_formula.ts",
    code: "let workers = Math.max(1, roundUp(erlangs / (slots * goal.utilization)));",
    changes: ["1 → 0"],
    because: "no server makes everybody wait: the search goes on to one",
  },
  {
    file: "demand/delay_formula.ts",
    code: "if (erlangs <= 0) return 0;",
    changes: ["<= → <"],
    because: "the recursion comes to 0 for no load too",
  },
  {
    file: "demand/delay_formula.ts",
    code: "for (let n = 1; n <= servers; n++) blocked = (erlangs * blocked) / (n + erlangs * blocked);",
    changes: ["1 → 0"],
    because: "with n = 0 all stay blocked, as before the first",
  },
  {
    file: "demand/delay_formula.ts",
    code: "if (erlangs >= servers) return 1;",
    changes: [">= → >"],
    because: "all wait for ever where the load is all servers: the formula comes to 1 too",
  },
];

/** Why a mutant needs no test; undefined when it does. */
export function excuseOf(mutant: Mutant, list = EQUIVALENT): string | undefined {
  return list.find((e) => matches(e, mutant))?.because;
}

/** Entries that name no mutant there is. */
export function stale(mutants: readonly Mutant[], list = EQUIVALENT): string[] {
  return list.flatMap((e) =>
    e.changes.filter((change) => !mutants.some((m) => matches({ ...e, changes: [change] }, m)))
      .map((change) => `${e.file}: "${e.code}": ${change}`)
  );
}

function matches(equivalent: Equivalent, mutant: Mutant): boolean {
  return equivalent.file === mutant.file && equivalent.code === mutant.code &&
    equivalent.changes.includes(mutant.change);
}
