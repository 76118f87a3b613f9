import { BUCKETS, lowerBoundMs } from "../../core/histogram.ts";
import type { Random } from "../server/random.ts";
import type { RequestPool } from "../server/requests/request_pool.ts";

/** A distribution of times in ms. */
export type Distribution =
  | { readonly kind: "constant"; readonly ms: number }
  | { readonly kind: "exponential"; readonly meanMs: number }
  /** exp(normal(ln medianMs, sigma)): service times of real web servers look like this. */
  | { readonly kind: "lognormal"; readonly medianMs: number; readonly sigma: number }
  /** Counts per bucket of core/histogram.ts, uniform inside a bucket; each time multiplied by `scale`. */
  | { readonly kind: "buckets"; readonly counts: ArrayLike<number>; readonly scale: number }
  /** Times as they were, drawn at random; each multiplied by `scale`. */
  | { readonly kind: "observed"; readonly ms: ArrayLike<number>; readonly scale: number };

/** What a request takes: a part on the CPU, then a part that waits for something else (a database, a timer). */
export interface ServiceTime {
  readonly cpu: Distribution;
  readonly wait: Distribution;
  /** Of each time drawn from `wait`, this share (0..1) is spent on the CPU instead. For times that came from a log. */
  readonly cpuShare?: number;
  /** The waiting part holds the event loop, as a synchronous call in a coroutine does. Nothing to other workers. */
  readonly blocks?: true;
  /** A quiet event stream: its waiting part is no request in service. Only event loops have them. */
  readonly streams?: true;
  /** Clients take so long to send the head of a request; a thread or sync worker waits for it. */
  readonly headMs?: number;
}

/** Takes no time. */
export const NOTHING: Distribution = { kind: "constant", ms: 0 };

/** Draws what a request takes into its record. */
export type ServiceSampler = (requests: RequestPool, id: number) => void;

/** A function that gives a request its two parts. */
export function serviceSampler(service: ServiceTime, random: Random): ServiceSampler {
  const cpu = sampler(service.cpu, random);
  const wait = sampler(service.wait, random);
  const share = service.cpuShare ?? 0;
  const blocks = service.blocks ? 1 : 0;
  const streams = service.streams ? 1 : 0;
  const headMs = service.headMs ?? 0;
  return (requests, id) => {
    const ms = wait();
    requests.cpuMs[id] = cpu() + ms * share;
    requests.waitMs[id] = ms * (1 - share);
    requests.blocks[id] = blocks;
    requests.streams[id] = streams;
    requests.headMs[id] = headMs;
  };
}

/** A function that draws from the distribution. */
export function sampler(distribution: Distribution, random: Random): () => number {
  switch (distribution.kind) {
    case "constant": {
      const { ms } = distribution;
      return () => ms;
    }
    case "exponential": {
      const { meanMs } = distribution;
      return () => meanMs * random.exponential();
    }
    case "lognormal": {
      const { medianMs, sigma } = distribution;
      return () => medianMs * Math.exp(sigma * random.normal());
    }
    case "buckets":
      return bucketSampler(distribution.counts, distribution.scale, random);
    case "observed": {
      const { ms, scale } = distribution;
      return ms.length === 0 ? () => 0 : () => ms[random.below(ms.length)]! * scale;
    }
  }
}

function bucketSampler(counts: ArrayLike<number>, scale: number, random: Random): () => number {
  const upTo = new Float64Array(BUCKETS);
  let total = 0;
  for (let i = 0; i < BUCKETS; i++) upTo[i] = total += counts[i] ?? 0;
  if (total <= 0) return () => 0;
  return () => {
    const rank = random.uniform() * total;
    let low = 0, high = BUCKETS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! > rank) high = middle;
      else low = middle + 1;
    }
    const floor = lowerBoundMs(low);
    return (floor + (lowerBoundMs(low + 1) - floor) * random.uniform()) * scale;
  };
}

const FORMS =
  "constant:MS, exponential:MEAN, lognormal:MEDIAN,SIGMA, cpu:FORM, wait:FORM, block:FORM, or cpu:FORM+wait:FORM";

/**
 * Reads a service time: `100` and `constant:100` wait 100 ms; `cpu:20` computes 20 ms;
 * `cpu:20+wait:lognormal:80,0.4` computes 20 ms, then waits about 80; `block:200` waits 200 ms and holds its
 * event loop meanwhile. Throws an Error that says what is wrong.
 */
export function parseServiceTime(text: string): ServiceTime {
  let cpu: Distribution | undefined;
  let wait: Distribution | undefined;
  let blocks = false;
  for (const part of text.split("+")) {
    const isCpu = part.startsWith("cpu:");
    const distribution = parseDistribution(part.replace(/^(cpu|wait|block):/, ""), text);
    if (isCpu ? cpu : wait) {
      throw new Error(
        `Cannot read the service time "${text}": two ${isCpu ? "CPU" : "waiting"} parts, give one of each`,
      );
    }
    if (isCpu) cpu = distribution;
    else wait = distribution;
    if (part.startsWith("block:")) blocks = true;
  }
  return { cpu: cpu ?? NOTHING, wait: wait ?? NOTHING, ...(blocks ? { blocks: true } : {}) };
}

function parseDistribution(text: string, whole: string): Distribution {
  const wrong = (what: string) => new Error(`Cannot read the service time "${whole}": ${what}, use ${FORMS}`);
  const [, kind = "constant", rest = ""] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? [];
  const numbers = rest.split(",").map((one) => one.trim() === "" ? NaN : Number(one.replace(/ms$/, "")));
  if (numbers.some((n) => !(n >= 0 && Number.isFinite(n)))) throw wrong(`"${rest}" is not a time in ms`);
  const [first = NaN, second = NaN] = numbers;
  const want = (n: number) => {
    if (numbers.length !== n) throw wrong(`${kind} takes ${n === 1 ? "one number" : `${n} numbers`}`);
  };
  switch (kind) {
    case "constant":
      want(1);
      return { kind, ms: first };
    case "exponential":
      want(1);
      return { kind, meanMs: first };
    case "lognormal":
      want(2);
      return { kind, medianMs: first, sigma: second };
    default:
      throw wrong(`"${kind}" is not a distribution`);
  }
}
