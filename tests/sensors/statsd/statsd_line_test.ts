import { assertAlmostEquals, assertEquals } from "@std/assert";
import { parseNumber, parseStatsdPacket, type StatsdSink } from "../../../src/sensors/statsd/statsd_line.ts";
import { seededRandom } from "../../fuzz/random.ts";

/** What a packet said, as words: "requests 1", "duration 12.5 x2", "malformed". */
function said(packet: string): string[] {
  const words: string[] = [];
  const sink: StatsdSink = {
    requests: (count) => words.push(`requests ${count}`),
    duration: (ms, weight) => words.push(`duration ${ms}${weight === 1 ? "" : ` x${weight}`}`),
    malformed: () => words.push("malformed"),
  };
  const bytes = new TextEncoder().encode(packet);
  parseStatsdPacket(bytes, bytes.length, sink);
  return words;
}

const table: [what: string, packet: string, expected: string[]][] = [
  ["gunicorn's counter", "gunicorn.requests:1|c|@1.0", ["requests 1"]],
  ["gunicorn's counter under its own prefix", "shop.gunicorn.requests:1|c|@1.0", ["requests 1"]],
  ["gunicorn's duration", "gunicorn.request.duration:12.345|ms", ["duration 12.345"]],
  ["gunicorn's workers gauge, which is passed over", "gunicorn.workers:4|g", []],
  ["a name that is the suffix alone", ".requests:1|c", ["requests 1"]],
  ["a shorter name", "requests:1|c", []],
  ["a name that only contains it", "gunicorn.requests.total:1|c", []],
  ["a name that only looks like it", "gunicorn.xrequests:1|c", []],
  ["a blank behind the name", "gunicorn.requests :3|c", ["requests 3"]],
  ["a histogram", "app.request.duration:7|h", ["duration 7"]],
  ["a distribution", "app.request.duration:7|d", ["duration 7"]],
  ["a sample rate", "gunicorn.requests:1|c|@0.1", ["requests 10"]],
  ["a sampled duration", "gunicorn.request.duration:5|ms|@0.5", ["duration 5 x2"]],
  ["a rate of 0", "gunicorn.requests:2|c|@0", ["requests 2"]],
  ["a rate that is no number", "gunicorn.requests:2|c|@often", ["requests 2"]],
  ["a rate above 1", "gunicorn.requests:2|c|@4", ["requests 2"]],
  ["an empty rate", "gunicorn.requests:2|c|@", ["requests 2"]],
  ["tags", "gunicorn.requests:2|c|#env:prod,host:a", ["requests 2"]],
  ["a rate, then tags", "gunicorn.requests:2|c|@0.5|#env:prod", ["requests 4"]],
  ["tags, then a rate", "gunicorn.requests:2|c|#env:prod|@0.5", ["requests 4"]],
  ["an @ among the tags", "gunicorn.requests:2|c|#user:@0.5", ["requests 2"]],
  ["container and time fields", "gunicorn.requests:2|c|#a:b|c:83c0|T1656581400", ["requests 2"]],
  ["packed values", "a.request.duration:1:2:3|ms", ["duration 1", "duration 2", "duration 3"]],
  ["packed values, sampled", "a.request.duration:1:2|d|@0.5", ["duration 1 x2", "duration 2 x2"]],
  ["a bad one among packed values", "a.request.duration:1:x:3|ms", ["duration 1", "malformed", "duration 3"]],
  ["a trailing colon", "a.request.duration:1:|ms", ["duration 1", "malformed"]],
  ["many lines", "a.requests:1|c\na.request.duration:5|ms\na.requests:2|c", [
    "requests 1",
    "duration 5",
    "requests 2",
  ]],
  ["lines of other systems", "a.requests:1|c\r\n\r\na.requests:2|c\r\n", ["requests 1", "requests 2"]],
  ["empty lines", "\n\n\n", []],
  ["nothing", "", []],
  ["exponents", "a.requests:1e2|c\na.request.duration:1.5E-1|ms", ["requests 100", "duration 0.15"]],
  ["other metrics", "a.status.200:1|c\nb:3|s\nc:1.5|g", []],
  ["another type for the name", "a.requests:5|g\na.request.duration:5|c", []],
  ["a type that only begins well", "a.requests:5|cc\na.request.duration:5|msx", []],
  ["an event and a service check", "_e{5,4}:title|text\n_sc|redis|0", []],
  ["no value", "a.requests:|c", ["malformed"]],
  ["no type", "a.requests:1|", ["malformed"]],
  ["no bar", "a.requests:1", ["malformed"]],
  ["no colon", "a.requests|c", ["malformed"]],
  ["words", "hello", ["malformed"]],
  ["a bad line between good ones", "a.requests:1|c\nhello\na.requests:1|c", [
    "requests 1",
    "malformed",
    "requests 1",
  ]],
  ["NaN", "a.requests:NaN|c\na.request.duration:nan|ms", ["malformed", "malformed"]],
  ["infinity", "a.requests:inf|c\na.request.duration:Infinity|ms", ["malformed", "malformed"]],
  ["more than a number holds", `a.requests:${"9".repeat(400)}|c\na.requests:1e999|c`, [
    "malformed",
    "malformed",
  ]],
  ["an incredible count", "a.requests:1000001|c", ["malformed"]],
  ["a count made incredible by its rate", "a.requests:1000|c|@0.0001", ["malformed"]],
  ["a negative count", "a.requests:-1|c", ["malformed"]],
  ["a negative duration", "a.request.duration:-1|ms", ["malformed"]],
  ["a duration of more than a day", "a.request.duration:86400001|ms", ["malformed"]],
  ["two signs", "a.requests:+-1|c", ["malformed"]],
  ["hex", "a.requests:0x10|c", ["malformed"]],
  ["a blank before the value", "a.requests: 1|c", ["malformed"]],
  ["a NUL byte", "a.requests:1\0|c", ["malformed"]],
];

for (const [what, packet, expected] of table) {
  Deno.test(`A StatsD packet with ${what} says ${expected.join(", ") || "nothing"}`, () => {
    assertEquals(said(packet), expected);
  });
}

Deno.test("A StatsD packet is read no further than its length", () => {
  let requests = 0;
  const bytes = new TextEncoder().encode("a.requests:1|c\na.requests:1|c");
  const sink = { requests: () => requests++, duration() {}, malformed() {} };
  parseStatsdPacket(bytes, 14, sink);
  assertEquals(requests, 1);
});

Deno.test("Numbers in StatsD lines are read as JavaScript reads them", () => {
  const random = seededRandom(7);
  for (let i = 0; i < 20_000; i++) {
    const value = (random() - 0.5) * 10 ** Math.floor(random() * 30 - 15);
    const text = random() < 0.5 ? String(value) : value.toFixed(Math.floor(random() * 10));
    const bytes = new TextEncoder().encode(text);
    const read = parseNumber(bytes, 0, bytes.length);
    assertAlmostEquals(read, Number(text), Math.abs(Number(text)) * 1e-13 + 1e-300, text);
  }
});
