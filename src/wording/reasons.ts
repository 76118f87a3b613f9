import type { Bound, BoundWhy, Decision, Facts, Reason, SignalName } from "../core/reason.ts";
import { known, type Maybe } from "../core/sample.ts";
import { duration, quantity } from "./format.ts";

/**
 * A decision as one sentence: what was observed, what is wanted, what limits it. Log, `explain`, status and dashboard
 * print the same sentence.
 */
export function explain(decision: Decision, sloP95Ms: number): string {
  const { reason, demand } = decision;
  const facts = known(demand) ? demand.facts : undefined;
  switch (reason.code) {
    case "asked":
      return sentence(`${observed(reason.by, facts, sloP95Ms)}: ${moved(decision)}`, decision);
    case "below-minimum":
      return `the minimum is ${decision.bounds.short?.minimum ?? decision.bounds.min}: ${moved(decision)}`;
    case "above-maximum":
      return `the maximum is ${decision.target}: ${moved(decision)}`;
    case "quiet":
      return quiet(decision, facts, reason.lowForMs);
    case "slow-not-starved":
      return slow(facts, sloP95Ms);
    case "streams":
      return `fewer would do${load(facts)}, but ${workers(reason.workers)} ${
        reason.workers === 1 ? "has" : "have"
      } open websockets or event streams: hold ${workers(decision.current)}`;
    case "steady":
      return `${workers(decision.current)} ${decision.current === 1 ? "is" : "are"} enough${load(facts)}`;
    case "holding":
      return `fewer are enough${load(facts)}, but ${waiting(facts) ?? "load may return"}: hold ${
        workers(decision.current)
      }`;
    case "down-cooldown":
      return `fewer are enough${load(facts)}, but the cooldown after the last change lasts ${
        seconds(reason.forMs)
      } more: hold ${workers(decision.current)}`;
    case "start-hold":
      return `fewer are enough${load(facts)}, but the number to begin with is kept for ${
        seconds(reason.forMs)
      } more: hold ${workers(decision.current)}`;
    case "up-cooldown":
      return `${workers(decision.wanted)} wanted, but the cooldown after the last growth lasts ${
        seconds(reason.forMs)
      } more`;
    case "booting":
      return `${workers(decision.wanted)} wanted, but boots take the CPU: the next begins when one is done`;
    case "trying":
      return `${observed(known(demand) ? demand.by : "none", facts, sloP95Ms)}: requests hang, hold ${
        workers(decision.current)
      } until the last growth shows its effect`;
    case "no-gain":
      return noGain(decision, facts, reason.retryInMs);
    case "at-bound":
      return atBound(`${observed(known(demand) ? demand.by : "none", facts, sloP95Ms)}: hold`, decision);
    case "minimum-short":
      return minimumShort(decision, reason);
    case "memory-full":
      return `${mib(reason.usedBytes)} of ${mib(reason.limitBytes)} MiB of memory used: ${moved(decision)}`;
    case "oom-kill":
      return `the kernel killed ${quantity(reason.kills, "process", "processes")} because memory ran out: ${
        moved(decision)
      }${
        decision.target < reason.minimum
          ? `; the minimum of ${reason.minimum} does not fit, give more memory or lower --min-workers`
          : ""
      }`;
    case "asleep":
      return decision.action === "hold"
        ? `asleep for ${span(reason.forMs)}, 0 workers, until a request comes`
        : `no request for ${span(reason.quietMs)}: asleep, 0 workers`;
    case "woken":
      return sentence(
        `woken by ${reason.by === "request" ? "a request" : "an operator"} after ${span(reason.afterMs)}: ${
          moved(decision)
        }`,
        decision,
      );
    case "no-data":
      return "no signal can be read: hold until one can";
    case "no-workers":
      return "gunicorn has no worker: hold until it has";
    case "paused":
      return "paused by hand";
    case "pinned":
      return decision.action === "hold"
        ? `pinned at ${workers(decision.target)} by hand`
        : `pinned by hand: ${moved(decision)}`;
  }
}

/** What bounds the number of workers, as a clause: "memory allows 6 (412 of 512 MiB used, 38 MiB a worker)". */
export function explainBound(bound: Bound): string {
  return `${boundName(bound.why)} allows ${bound.workers}${boundDetail(bound.why)}`;
}

function boundName(why: BoundWhy): string {
  return {
    configured: "the maximum",
    memory: "memory",
    cpu: "the CPU",
    "boot-failures": "a failed boot",
    "first-boot": "the first boot",
    "oom-kill": "an out-of-memory kill",
  }[why.code];
}

function boundDetail(why: BoundWhy): string {
  switch (why.code) {
    case "configured":
    case "first-boot":
      return "";
    case "memory":
      return ` (${mib(why.usedBytes)} of ${mib(why.limitBytes)} MiB used, ${mib(why.workerBytes)} MiB ${
        why.isAssumed ? "set aside for a worker until one has served" : "a worker"
      }${why.isStalled ? ", and processes wait for memory" : ""})`;
    case "oom-kill":
      return ` (${quantity(why.kills, "process", "processes")} killed, for ${seconds(why.forMs)} more)`;
    case "cpu":
      return ` (${why.limitCores.toFixed(1)} cores, ${
        why.usedCores.toFixed(1)
      } used, and requests want the CPU for ${percent(why.onCpuShare)} of their time)`;
    case "boot-failures":
      return ` (${why.failures} ${
        why.failures === 1 ? "worker has" : "workers have"
      } failed to boot or to be forked, next try in ${seconds(why.retryInMs)})`;
  }
}

function sentence(text: string, decision: Decision): string {
  if (!known(decision.limitedBy)) return text;
  return `${text}; ${decision.wanted} wanted, but ${explainBound(decision.limitedBy)}`;
}

/** A bound below the current number of workers removes none and allows no more. */
function atBound(text: string, decision: Decision): string {
  const { current, wanted, limitedBy, bounds } = decision;
  const hold = `${text} ${workers(current)}`;
  if (known(limitedBy) || bounds.max.workers >= wanted) return sentence(hold, decision);
  return `${hold}; ${wanted} wanted, but ${boundName(bounds.max.why)} allows no more${
    boundDetail(bounds.max.why)
  }`;
}

/** Memory does not hold the minimum, or may not: no worker has served yet. */
function minimumShort(decision: Decision, reason: Extract<Reason, { code: "minimum-short" }>): string {
  const { minimum, bound } = reason;
  const isAssumed = isAssumedShort(reason);
  return `the minimum of ${minimum} ${isAssumed ? "has to wait" : "does not fit"}, ${
    explainBound(bound)
  }: hold ${workers(decision.current)}${isAssumed ? "" : "; give more memory or lower --min-workers"}`;
}

/** Whether the workers are short of the minimum only until one has served. */
export function isAssumedShort(reason: Reason): boolean {
  return reason.code === "minimum-short" && reason.bound.why.code === "memory" &&
    reason.bound.why.isAssumed === true;
}

function moved(decision: Decision): string {
  const { current, target, action } = decision;
  if (action === "hold") return `hold ${workers(current)}`;
  return `${action} from ${current} to ${workers(target)}`;
}

function observed(by: SignalName, facts: Maybe<Facts> | undefined, sloP95Ms: number): string {
  if (facts === undefined || !known(facts)) return "more workers wanted";
  const rate = `${facts.rps.toFixed(facts.rps < 10 ? 1 : 0)} requests/s`;
  const took = known(facts.serviceMs) ? ` of ${ms(facts.serviceMs)}` : "";
  const wait = known(facts.queued) && facts.queued > 0 ? `, ${requests(facts.queued)} waiting` : "";
  switch (by) {
    case "burst":
      return `burst of ${rate}${took}${wait}`;
    case "queue":
      return `${known(facts.queued) ? requests(facts.queued) : "requests"} waiting behind ${rate}${took}`;
    case "load":
      return `${rate}${took} keep ${facts.erlangs.toFixed(1)} workers' slots busy${wait}`;
    case "concurrency":
      return `${streamsOpen(facts)}${facts.erlangs.toFixed(0)} requests in flight at ${rate}${took}`;
    case "cpu":
      return `workers use ${
        known(facts.workerCores) ? facts.workerCores.toFixed(1) : "many"
      } cores at ${rate}`;
    case "loop":
      return `${facts.loopsBusy.toFixed(1)} event loops busy, ${
        ms(facts.loopWaitMs)
      } late, at ${rate}${took}`;
    case "slo":
      return `p95 ${known(facts.recentP95Ms) ? ms(facts.recentP95Ms) : "?"} is over ${
        ms(sloP95Ms)
      } and requests wait`;
    case "blocked-loop":
      return `${
        known(facts.queued) ? requests(facts.queued) : "requests"
      } not accepted: event loops are blocked`;
    case "none":
      return `${rate}${took}`;
  }
}

function streamsOpen({ openStreams }: Facts): string {
  if (openStreams === 0) return "";
  return openStreams === 1
    ? "1 websocket or event stream open and "
    : `${openStreams} websockets or event streams open and `;
}

/** Fewer were enough, or a bound that removes workers allows no more. */
function quiet(decision: Decision, facts: Facts | undefined, lowForMs: number): string {
  const { wanted, target, bounds } = decision;
  const why = wanted > target
    ? `${workers(wanted)} wanted${load(facts)}, but ${explainBound(bounds.max)}`
    : `at most ${workers(target)} wanted for ${seconds(lowForMs)}${load(facts)}`;
  return `${why}: ${moved(decision)}`;
}

function waiting(facts: Facts | undefined): string | undefined {
  if (facts === undefined || !known(facts.queued) || facts.queued <= 0) return undefined;
  return `${requests(facts.queued)} ${Math.round(facts.queued) === 1 ? "waits" : "wait"}`;
}

function slow(facts: Facts | undefined, sloP95Ms: number): string {
  const p95 = facts !== undefined && known(facts.p95Ms) ? ms(facts.p95Ms) : "?";
  const busy = facts !== undefined && known(facts.utilization)
    ? ` and workers are ${percent(facts.utilization)} busy`
    : "";
  return `p95 ${p95} is over ${
    ms(sloP95Ms)
  }, but no request waits${busy}: the app is slow, more workers would not help`;
}

function noGain({ current, wanted }: Decision, facts: Facts | undefined, retryInMs: number): string {
  const finished = facts === undefined
    ? ""
    : `: ${facts.finishedRps.toFixed(1)} of ${facts.rps.toFixed(1)} requests/s are finished`;
  return `${wanted} wanted, but the last growth brought no more finished requests${finished}, something else holds ` +
    `them up: hold ${workers(current)}, next try in ${seconds(retryInMs)}`;
}

function load(facts: Facts | undefined): string {
  if (facts === undefined) return "";
  const busy = known(facts.utilization) ? `, ${percent(facts.utilization)} busy` : "";
  return ` at ${facts.rps.toFixed(facts.rps < 10 ? 1 : 0)} requests/s${busy}`;
}

function workers(n: number): string {
  return quantity(n, "worker");
}

function requests(n: number): string {
  return quantity(Math.round(n), "request");
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`;
}

function span(value: number): string {
  return value < 10_000 ? seconds(value) : duration(value);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
