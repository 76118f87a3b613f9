import { assertEquals } from "@std/assert";
import { reportOf } from "../../bench/load/vegeta.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const hit = { code: 200, timestamp: "2026-01-01T00:00:01.5Z", latency: 250e6, error: "", phase: 0 };

Deno.test("what vegeta saw is reported in our units, in order of sending", () => {
  const earlier = { ...hit, timestamp: "2026-01-01T00:00:00.5Z", latency: 400e6 };
  const { outcomes, ...report } = reportOf([hit, earlier], START, 10_000);
  assertEquals(report.sent, 2);
  assertEquals([outcomes.dueMs, outcomes.latencyMs], [[500, 1500], [400, 250]]);
});

Deno.test("a refused connection, a bad status and a time-out are distinguished", () => {
  const hits = [
    hit,
    { ...hit, code: 0, error: "dial tcp: connection refused" },
    { ...hit, code: 500, error: "500 Internal Server Error" },
    { ...hit, code: 0, error: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)" },
  ];
  assertEquals(reportOf(hits, START, 10_000).outcomes.outcome, ["ok", "broken", "failed", "timeout"]);
});
