/**
 * Reads StatsD packets as bytes: no strings, no allocation, about 100 ns a line.
 *
 * A line is NAME:VALUE[:VALUE...]|TYPE[|@RATE][|#TAGS][|more]; lines are parted by newlines. What matters here, under
 * any prefix, as gunicorn sends it and as the Rust program of the same name took it:
 *
 *   *.requests            c            requests finished; divided by the sample rate
 *   *.request.duration    ms, h or d   duration in ms; counts 1 / rate times
 *
 * All other names and types are fine and are passed over, gunicorn's *.workers among them: workers are counted where they
 * are, in /proc. A line without ":" or "|", or with a value that is no
 * number or not credible (negative, above MAX_*), is malformed: it is counted and dropped, never an error.
 */

/** Takes what the lines say. */
export interface StatsdSink {
  /** So many requests finished (a fraction under some sample rates). */
  requests(count: number): void;
  /** A request took so long, standing for `weight` requests. */
  duration(ms: number, weight: number): void;
  /** A line, or one packed value, could not be taken. */
  malformed(): void;
}

/** Most requests that one value may stand for. More is a mistake or a lie. */
export const MAX_REQUESTS_PER_LINE = 1e6;
/** Longest credible duration: one day. */
export const MAX_DURATION_MS = 86_400_000;

const NEWLINE = 10, RETURN = 13, SPACE = 32, PLUS = 43, MINUS = 45, DOT = 46, ZERO = 48, COLON = 58, AT = 64;
const UPPER_E = 69, UNDERSCORE = 95, LOWER_C = 99, LOWER_D = 100, LOWER_E = 101, LOWER_H = 104;
const LOWER_M = 109, LOWER_S = 115, PIPE = 124;

const encoder = new TextEncoder();
const REQUESTS = encoder.encode(".requests");
const DURATION = encoder.encode(".request.duration");

/** Reads the first `length` bytes of `packet`, which may hold any number of lines. */
export function parseStatsdPacket(packet: Uint8Array, length: number, sink: StatsdSink): void {
  let start = 0;
  while (start < length) {
    let end = start, colon = -1, pipe = -1;
    for (; end < length; end++) {
      const byte = packet[end]!;
      if (byte === NEWLINE) break;
      if (byte === COLON) {
        if (colon < 0) colon = end;
      } else if (byte === PIPE && pipe < 0) pipe = end;
    }
    const next = end + 1;
    if (end > start && packet[end - 1] === RETURN) end--;
    if (end > start) parseLine(packet, start, colon, pipe, end, sink);
    start = next;
  }
}

function parseLine(
  bytes: Uint8Array,
  start: number,
  colon: number,
  pipe: number,
  end: number,
  sink: StatsdSink,
): void {
  if (colon < 0 || pipe < colon) {
    // DogStatsD's events (_e{..}) and service checks (_sc|..) have other shapes and are not for us.
    if (bytes[start] !== UNDERSCORE) sink.malformed();
    return;
  }
  let nameEnd = colon;
  while (nameEnd > start && bytes[nameEnd - 1] === SPACE) nameEnd--;
  const wanted = endsWith(bytes, start, nameEnd, REQUESTS)
    ? REQUESTS
    : endsWith(bytes, start, nameEnd, DURATION)
    ? DURATION
    : undefined;
  if (wanted === undefined) return;

  let typeEnd = pipe + 1;
  while (typeEnd < end && bytes[typeEnd] !== PIPE) typeEnd++;
  const typeLength = typeEnd - pipe - 1;
  const type = bytes[pipe + 1]!;
  if (typeLength === 0) return sink.malformed();
  const isMs = typeLength === 2 && type === LOWER_M && bytes[pipe + 2] === LOWER_S;
  const one = typeLength === 1;
  const matches = wanted === REQUESTS
    ? one && type === LOWER_C
    : isMs || (one && (type === LOWER_H || type === LOWER_D));
  if (!matches) return;

  const weight = 1 / sampleRate(bytes, typeEnd, end);
  let from = colon + 1;
  while (from <= pipe) {
    let to = from;
    while (to < pipe && bytes[to] !== COLON) to++;
    takeValue(bytes, from, to, wanted, weight, sink);
    from = to + 1;
  }
}

function takeValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  wanted: Uint8Array,
  weight: number,
  sink: StatsdSink,
): void {
  const value = parseNumber(bytes, from, to);
  if (wanted === REQUESTS) {
    const count = value * weight;
    if (!(value >= 0 && count <= MAX_REQUESTS_PER_LINE)) return sink.malformed();
    sink.requests(count);
  } else {
    if (!(value >= 0 && value <= MAX_DURATION_MS && weight <= MAX_REQUESTS_PER_LINE)) return sink.malformed();
    sink.duration(value, weight);
  }
}

/** The rate of a `|@RATE` field from `at` on; 1 where there is none, or none that makes sense. */
function sampleRate(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    let to = at + 1;
    while (to < end && bytes[to] !== PIPE) to++;
    if (bytes[at + 1] === AT) {
      const rate = parseNumber(bytes, at + 2, to);
      return rate > 0 && rate <= 1 ? rate : 1;
    }
    at = to;
  }
  return 1;
}

function endsWith(bytes: Uint8Array, start: number, end: number, suffix: Uint8Array): boolean {
  let at = end - 1;
  let i = suffix.length - 1;
  if (at - i < start) return false;
  while (i >= 0 && bytes[at] === suffix[i]) {
    at--;
    i--;
  }
  return i < 0;
}

/**
 * The decimal number in bytes [from, to): [+-]digits[.digits][e[+-]digits]; NaN when it is anything else ("NaN" and
 * "inf" among it). Exact to 15 digits.
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const negative = bytes[at] === MINUS;
  if (at < to && (negative || bytes[at] === PLUS)) at++;
  let mantissa = 0, digits = 0, exponent = 0;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    mantissa = mantissa * 10 + digit;
    digits++;
  }
  if (at < to && bytes[at] === DOT) {
    for (at++; at < to; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      digits++;
      if (mantissa > 1e15) continue; // further digits are below the precision of a number
      mantissa = mantissa * 10 + digit;
      exponent--;
    }
  }
  if (digits === 0) return NaN;
  if (at < to && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) {
    at++;
    const below = bytes[at] === MINUS;
    if (at < to && (below || bytes[at] === PLUS)) at++;
    if (at >= to) return NaN;
    let power = 0;
    for (; at < to; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return NaN;
      if (power < 10_000) power = power * 10 + digit;
    }
    exponent += below ? -power : power;
  }
  if (at !== to) return NaN;
  const value = exponent < 0 ? mantissa / 10 ** -exponent : mantissa * 10 ** exponent;
  return negative ? -value : value;
}
