/** Whether a line of a recording is a tick: what the replay and the page read is there, and is of its kind. */

type Fields = Readonly<Record<string, unknown>>;

/** The numbers of each reading that are read again. */
const NUMBERS = {
  workers: ["ready", "booting", "draining"],
  load: ["inFlight", "inFlightMs", "busyMs", "started", "finished", "serviceMs", "innerQueue"],
  statsd: ["requests", "durationCount", "durationSumMs"],
  cpu: ["limitCores", "workerCores"],
  memory: ["limitBytes", "usedBytes"],
  boots: ["failures"],
} as const;
/** The histograms of each reading that are read again. */
const COUNTS: Readonly<Record<string, readonly string[]>> = {
  load: ["service", "wait"],
  statsd: ["durations"],
};
/** The most that a date can be, ms. */
const LATEST_MS = 8.64e15;

/** Whether this is a tick that another program may have written, or changed. */
export function hasTickShape(value: unknown): boolean {
  const { sample, decision } = fields(value);
  return isSample(fields(sample)) && isDecision(fields(decision));
}

function isSample(sample: Fields): boolean {
  return hasNumbers(sample, ["nowMs", "elapsedMs"]) && (sample["nowMs"] as number) < LATEST_MS &&
    typeof fields(sample["model"])["kind"] === "string" && hasNumbers(fields(sample["model"]), ["slots"]) &&
    isMaybe(sample["queue"], isNumber) &&
    Object.entries(NUMBERS).every(([name, numbers]) =>
      isMaybe(sample[name], (reading) =>
        hasNumbers(fields(reading), numbers) &&
        (COUNTS[name] ?? []).every((counts) => isCounts(fields(reading)[counts])))
    );
}

function isDecision(decision: Fields): boolean {
  const { action, reason, limitedBy, demand, bounds } = decision;
  return typeof action === "string" && hasNumbers(decision, ["current", "target", "wanted"]) &&
    typeof fields(reason)["code"] === "string" && isMaybe(limitedBy, isBound) &&
    isBound(fields(bounds)["max"]) &&
    isMaybe(demand, (one) => typeof fields(one)["facts"] === "object");
}

function isBound(value: unknown): boolean {
  const { why } = fields(value);
  return hasNumbers(fields(value), ["workers"]) && typeof fields(why)["code"] === "string";
}

function isMaybe(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === "unknown" || is(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isCounts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isNumber);
}

function hasNumbers(all: Fields, names: readonly string[]): boolean {
  return names.every((name) => isNumber(all[name]));
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}
