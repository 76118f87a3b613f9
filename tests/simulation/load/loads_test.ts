import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { AccessLog } from "../../../src/simulation/load/access_log.ts";
import {
  Arrivals,
  durationMs,
  expectedRequests,
  type Segment,
} from "../../../src/simulation/load/arrivals.ts";
import { diurnal, flashCrowd, onOff, ramp } from "../../../src/simulation/load/load_shapes.ts";
import { readLoad } from "../../../src/simulation/load/loads.ts";
import { parseDuration, parsePhases } from "../../../src/simulation/load/phases.ts";
import { Random } from "../../../src/simulation/server/random.ts";
import { parseRates } from "../../../src/simulation/load/rate_file.ts";
import { parseServiceTime, sampler } from "../../../src/simulation/load/service_time.ts";
import { meanMs } from "../server/mean_time.ts";

const rates = (segments: readonly Segment[]) => segments.map((segment) => segment.ratePerSecond);

function arrivalTimes(segments: Segment[], kind: "poisson" | "uniform", seed = 1): number[] {
  const arrivals = new Arrivals(segments, kind, new Random(seed, 1));
  const times: number[] = [];
  for (; arrivals.nextMs < Infinity; arrivals.advance()) times.push(arrivals.nextMs);
  return times;
}

Deno.test("phases are rates held one after the other, with a service time of their own if they like", () => {
  assertEquals(parsePhases("5x10s,60x250ms, 0.5x1m"), [
    { ratePerSecond: 5, durationMs: 10_000 },
    { ratePerSecond: 60, durationMs: 250 },
    { ratePerSecond: 0.5, durationMs: 60_000 },
  ]);
  const [, slow] = parsePhases("5x10s,5x10s@cpu:20+wait:lognormal:80;0.4");
  assertEquals(slow!.service, {
    cpu: { kind: "constant", ms: 20 },
    wait: { kind: "lognormal", medianMs: 80, sigma: 0.4 },
  });
});

for (const bad of ["5", "5x", "x10s", "5x10y", "-1x5s", "5x0s", "5x10s,,5x1s", "five x10s"]) {
  Deno.test(`"${bad}" is no phases, and the error says what a phase is`, () => {
    const error = assertThrows(() => parsePhases(bad), Error);
    assertMatch(
      error.message,
      /^Cannot read the phases ".*": ".*" is not RATExDURATION, write for example 5x10s,60x20s$/,
    );
  });
}

Deno.test("durations", () => {
  assertEquals(["1500ms", "10s", "2m", "1h", "3", "0.5s"].map(parseDuration), [
    1500,
    10_000,
    120_000,
    3_600_000,
    3000,
    500,
  ]);
  for (const bad of ["", "s", "1d", "1 s", "-1s", "1e3"]) assert(Number.isNaN(parseDuration(bad)), bad);
});

Deno.test("service times: what waits, what computes, and both", () => {
  const nothing = { kind: "constant", ms: 0 };
  assertEquals(parseServiceTime("100"), { cpu: nothing, wait: { kind: "constant", ms: 100 } } as never);
  assertEquals(parseServiceTime("cpu:20"), { cpu: { kind: "constant", ms: 20 }, wait: nothing } as never);
  assertEquals(parseServiceTime("cpu:exponential:5+wait:lognormal:50,0.4"), {
    cpu: { kind: "exponential", meanMs: 5 },
    wait: { kind: "lognormal", medianMs: 50, sigma: 0.4 },
  });
});

for (const bad of ["", "abc", "gamma:5", "lognormal:50", "constant:1,2", "cpu:1+cpu:2", "-5", "cpu:"]) {
  Deno.test(`"${bad}" is no service time`, () => {
    assertMatch(
      assertThrows(() => parseServiceTime(bad), Error).message,
      /^Cannot read the service time ".*": .+, .+$/,
    );
  });
}

Deno.test("samples have the mean that the distribution says", () => {
  for (const text of ["exponential:50", "lognormal:50,0.4", "constant:50"]) {
    const { wait } = parseServiceTime(text);
    const draw = sampler(wait, new Random(3, 2));
    let sum = 0;
    for (let i = 0; i < 200_000; i++) sum += draw();
    assertAlmostEquals(sum / 200_000, meanMs(wait), meanMs(wait) * 0.01, text);
  }
});

Deno.test("Poisson arrivals follow the rate and vary as Poisson's do; uniform ones do not vary", () => {
  const times = arrivalTimes([{ ratePerSecond: 10, durationMs: 1e6 }, { ratePerSecond: 0, durationMs: 1e5 }, {
    ratePerSecond: 40,
    durationMs: 1e6,
  }], "poisson");
  const early = times.filter((ms) => ms < 1e6).length;
  assertAlmostEquals(early, 10_000, 300);
  assertEquals(times.filter((ms) => ms >= 1e6 && ms < 1.1e6).length, 0);
  assertAlmostEquals(times.length - early, 40_000, 600);
  const perSecond = new Array(1000).fill(0);
  for (const ms of times.slice(0, early)) perSecond[Math.floor(ms / 1000)]++;
  const variance = perSecond.reduce((sum, n) => sum + (n - 10) ** 2, 0) / 1000;
  assertAlmostEquals(variance, 10, 1.5);
  assertEquals(arrivalTimes([{ ratePerSecond: 4, durationMs: 1000 }], "uniform"), [125, 375, 625, 875]);
});

Deno.test("shapes: a day, a flash crowd, two rates in alternation, a ramp", () => {
  const day = diurnal(10, 50, 100_000);
  assertEquals(durationMs(day), 100_000);
  assertAlmostEquals(Math.max(...rates(day)), 50, 0.1);
  assertAlmostEquals(expectedRequests(day), 3000, 1);
  const crowd = flashCrowd(5, 100, 60_000, 20_000, 10_000);
  assertEquals(Math.max(...rates(crowd).slice(0, 20)), 5);
  assertAlmostEquals(Math.max(...rates(crowd)), 100, 5);
  assertAlmostEquals(rates(crowd)[20 + 2 + 10]!, 5 + 95 / 2, 5);
  assertEquals(rates(onOff(1, 9, 2000, 1000, 7000)), [1, 9, 1, 9, 1]);
  assertEquals(onOff(1, 9, 2000, 1000, 7000).map((one) => one.durationMs), [2000, 1000, 2000, 1000, 1000]);
  assertAlmostEquals(expectedRequests(ramp(0, 100, 60_000)), 3000, 1);
});

Deno.test("a trace file: one rate a line", () => {
  assertEquals(parseRates("# rates\n5\n\n7.5\n0\n", { stepMs: 500, scale: 2 }), [
    { durationMs: 500, ratePerSecond: 10 },
    { durationMs: 500, ratePerSecond: 15 },
    { durationMs: 500, ratePerSecond: 0 },
  ]);
});

Deno.test("a trace file: the column of a CSV file by its name or its number", () => {
  const csv = 'time,"value"\n10:00,5\n10:01,7\n';
  assertEquals(rates(parseRates(csv, { column: "value" })), [5, 7]);
  assertEquals(rates(parseRates(csv, { column: "2" })), [5, 7]);
  assertEquals(rates(parseRates("1,5\n2,7\n", { column: "2" })), [5, 7]);
});

Deno.test("a trace file that is none names the line", () => {
  const message = (text: string, column?: string) =>
    assertThrows(() => parseRates(text, column === undefined ? {} : { column }), Error).message;
  assertEquals(
    message("5\nfast\n"),
    'Cannot read the trace: line 2 ("fast") is no rate, write a number of requests per second',
  );
  assertEquals(message("1,2\n"), 'Cannot read the trace: line 1 ("1,2") is no rate, name its column');
  assertEquals(message("a,b\n1,2\n", "c"), 'Cannot read the trace: there is no column "c", name one of a, b');
  assertEquals(message("\n# nothing\n"), "Cannot read the trace: it holds no rate, give one rate a line");
  assertEquals(
    message("a,b\n1\n", "b"),
    'Cannot read the trace: line 2 ("") is no rate, write a number of requests per second',
  );
});

const COMMON = (time: string, rest = "") =>
  `127.0.0.1 - - [${time}] "GET / HTTP/1.1" 200 12 "-" "curl/8.0 (x86_64) 7"${rest}`;

Deno.test("an access log gives requests per second, out of order and across time zones", () => {
  const log = new AccessLog();
  log.add(COMMON("10/Oct/2026:13:55:36 +0000"));
  log.add(COMMON("10/Oct/2026:13:55:39 +0000"));
  log.add(COMMON("10/Oct/2026:15:55:36 +0200"));
  assertEquals(rates(log.segments()), [2, 0, 0, 1]);
});

Deno.test("an access log whose lines end in a duration gives the service times, minute by minute", () => {
  const log = new AccessLog("us");
  log.add(COMMON("10/Oct/2026:13:55:58 +0000", " 20000"));
  log.add(COMMON("10/Oct/2026:13:55:59 +0000", " 40000"));
  log.add(COMMON("10/Oct/2026:13:56:01 +0000", ' "500000"'));
  const services = log.segments(0.25).map((segment) => segment.service!);
  assertEquals(services.map(({ wait }) => meanMs(wait)), [30, 30, 500, 500]);
  assertEquals(services[0]!.cpuShare, 0.25);
});

Deno.test("lines of an access log that cannot be read are told, with the first of them", () => {
  const log = new AccessLog("ms");
  log.add(COMMON("10/Oct/2026:13:55:58 +0000", " 20"));
  log.add("");
  log.add("a line of something else");
  log.add(COMMON("10/Oct/2026:13:55:58 +0000", " -"));
  log.add("another");
  assertEquals(log.warnings(), [
    "2 lines of the access log without a [day/Mon/year:h:m:s] time, the first is line 3 " +
    '("a line of something else"), are left out: give a log in common or combined format',
    "1 line of the access log that does not end in a duration, line 4 " +
    `("${COMMON("10/Oct/2026:13:55:58 +0000").slice(0, 80)}"), is taken to last as long as the others: ` +
    "log one at the end (%(D)s)",
  ]);
  const whole = new AccessLog();
  whole.add(COMMON("10/Oct/2026:13:55:36 +0000"));
  whole.add("");
  assertEquals(whole.warnings(), []);
});

Deno.test("a file that is no access log is an error", () => {
  const log = new AccessLog();
  log.add("hello");
  assertEquals(
    assertThrows(() => log.segments(), Error).message,
    "Cannot read the access log: none of its 1 lines has a [day/Mon/year:h:m:s] time, give one in common or combined format",
  );
});

Deno.test("a line of an access log that is decades away is an error, not decades of load", () => {
  const log = new AccessLog();
  for (const day of ["01/Jan/1970", "24/Nov/2026"]) {
    log.add(`- - - [${day}:08:00:00 +0000] "GET / HTTP/1.1" 200 1`);
  }
  assertEquals(
    assertThrows(() => log.segments(), Error).message,
    "Cannot read the access log: it goes from 1970-01-01 to 2026-11-24, cut out the part that is to be simulated",
  );
});

const OPTIONS = { stepMs: 1000, scale: 1, cpuShare: 0 };

Deno.test("loads by their words", () => {
  const files: Record<string, string> = { "a.txt": "1\n2\n", "dir/b.csv": "t,rps\n0,3\n" };
  const load = (spec: string, scale = 1) =>
    rates(readLoad(spec, { ...OPTIONS, scale }, (path) => files[path]!).segments);
  assertEquals(load("5x1s,6x1s"), [5, 6]);
  assertEquals(load("phases:5x1s", 3), [15]);
  assertEquals(load("constant:7,10s"), [7]);
  assertEquals(load("trace:a.txt"), [1, 2]);
  assertEquals(load("trace:dir/b.csv:rps"), [3]);
  assertEquals(load("onoff:1,2,1s,1s,2s"), [1, 2]);
  assertEquals(load("ramp:0,20,20s").length, 20);
  assertEquals(load("flash:5,50,60s").length, 60);
  assertEquals(load("diurnal:5,50,60s,2").length, 120);
});

for (
  const bad of ["constant:5", "ramp:1,2", "constant:5,0s", "onoff:1,2,3", "constant:5,1s,6", "flash:a,b,10s"]
) {
  Deno.test(`"${bad}" does not fit its form, and the error shows the form`, () => {
    const { message } = assertThrows(() => readLoad(bad, OPTIONS), Error);
    assertMatch(message, /^Cannot read the load ".*": it does not fit the form, write [a-z]+:[A-Z]/);
  });
}

for (const long of ["ramp:1,2,100000h", "diurnal:1,2,1h,1e9", "onoff:1,2,1ms,1ms,10h", "flash:1,2,100000h"]) {
  Deno.test(`"${long}" would fill the memory, and is refused`, () => {
    assertMatch(
      assertThrows(() => readLoad(long, OPTIONS), Error).message,
      /it has over 1e\+7 steps, make it shorter/,
    );
  });
}

Deno.test("an unknown load names those there are; a missing file is an error", () => {
  assertMatch(
    assertThrows(() => readLoad("sawtooth:1,2", OPTIONS), Error).message,
    /use one of phases, constant, ramp/,
  );
  assertEquals(
    assertThrows(() => readLoad("trace:/nowhere/at-all.txt", OPTIONS), Error).message,
    "Cannot read /nowhere/at-all.txt: there is no such file, give a file that can be read",
  );
});
