import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { schedule } from "../../bench/load/arrivals.ts";
import { progress } from "../../bench/load/http_response.ts";
import { parseService, runLoad } from "../../bench/load/load.ts";
import { LoadReport, type Outcome } from "../../bench/load/load_report.ts";
import { parsePhases, totalMs } from "../../bench/load/phases.ts";

Deno.test("phases are read with their rates, durations and paths", () => {
  assertEquals(parsePhases("5x5s:/sleep/50, 0.5x200ms,60x2m:/"), [
    { ratePerS: 5, durationMs: 5000, path: "/sleep/50" },
    { ratePerS: 0.5, durationMs: 200, path: "/" },
    { ratePerS: 60, durationMs: 120_000, path: "/" },
  ]);
  assertEquals(totalMs(parsePhases("5x5s,1x500ms")), 5500);
  for (const bad of ["", "5", "5x", "5x5", "x5s", "5x5s:sleep", "5x0s", "5x5h"]) {
    assertThrows(() => parsePhases(bad), Error, "Cannot read the phase");
  }
});

Deno.test("uniform arrivals keep equal gaps, and a new rate counts from its very moment", () => {
  const { dueMs, phase } = schedule(parsePhases("2x1s,4x1s"), { arrivals: "uniform" });
  assertEquals([...dueMs], [0, 500, 1000, 1250, 1500, 1750]);
  assertEquals([...phase], [0, 0, 1, 1, 1, 1]);
  // An arrival half due at the end of a phase is due for the other half in the next one: 500 ms at 1/s, then 500 ms / 10.
  assertEquals([...schedule(parsePhases("1x1500ms,10x100ms"), { arrivals: "uniform" }).dueMs], [
    0,
    1000,
    1550,
  ]);
});

Deno.test("Poisson arrivals come at the rates asked for, with the spread of independent users", () => {
  const { dueMs, phase } = schedule(parsePhases("50x100s,0x10s,200x100s"), { seed: 7 });
  const perPhase = [0, 1, 2].map((index) => phase.filter((one) => one === index).length);
  assertAlmostEquals(perPhase[0]!, 5000, 4 * Math.sqrt(5000));
  assertEquals(perPhase[1], 0);
  assertAlmostEquals(perPhase[2]!, 20_000, 4 * Math.sqrt(20_000));
  const perSecond = Array.from(
    { length: 100 },
    (_, s) => dueMs.filter((ms) => ms >= s * 1000 && ms < (s + 1) * 1000).length,
  );
  const mean = perSecond.reduce((a, b) => a + b) / 100;
  const variance = perSecond.reduce((sum, n) => sum + (n - mean) ** 2, 0) / 99;
  assertGreater(variance / mean, 0.6); // 1 for Poisson, 0 for uniform
  assertLess(variance / mean, 1.5);
});

Deno.test("the same seed gives the same load, and service times leave arrivals alone", () => {
  const phases = parsePhases("50x20s:/sleep/{ms}");
  const one = schedule(phases, { seed: 3, service: { medianMs: 50, sigma: 0.4 } });
  assertEquals(schedule(phases, { seed: 3, service: { medianMs: 50, sigma: 0.4 } }), one);
  assertEquals(schedule(phases, { seed: 3 }).dueMs, one.dueMs);
  assert(schedule(phases, { seed: 4 }).dueMs[0] !== one.dueMs[0]);
  const drawn = one.paths.map((path) => Number(path.slice("/sleep/".length))).sort((a, b) => a - b);
  assertAlmostEquals(drawn[drawn.length >> 1]!, 50, 3);
  assertAlmostEquals(drawn[Math.floor(drawn.length * 0.841)]!, 50 * Math.exp(0.4), 6); // one sigma up
});

Deno.test("service times are read, or refused with how to write them", () => {
  assertEquals(parseService("80"), { medianMs: 80, sigma: 0 });
  assertEquals(parseService("lognormal:50:0.4"), { medianMs: 50, sigma: 0.4 });
  assertThrows(() => parseService("fast"), Error, "write 50 or lognormal:50:0.4");
});

Deno.test("the end of an answer is seen wherever its bytes are cut", () => {
  const cases: [answer: string, status: number, reusable: boolean][] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", 200, true],
    ["HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 500, false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, false],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n", 200, true],
    ["HTTP/1.1 204 No Content\r\n\r\n", 204, false],
  ];
  for (const [answer, status, reusable] of cases) {
    const bytes = new TextEncoder().encode(answer);
    for (let cut = 0; cut < bytes.length; cut++) {
      assertEquals(progress(bytes, cut).complete, false, `${answer} cut at ${cut}`);
    }
    const whole = progress(bytes, bytes.length);
    assertEquals([whole.complete, whole.status, whole.reusable], [true, status, reusable], answer);
  }
  const endless = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\nok");
  assertEquals([progress(endless, 21).complete, progress(endless, 21).untilClose], [false, true]);
});

Deno.test("a failure is never within the SLO, however fast, and counts as slow as the time-out", () => {
  const report = reportOf([[100, "ok"], [200, "ok"], [301, "ok"], [1, "broken"], [2, "failed"], [
    5000,
    "timeout",
  ]]);
  assertEquals([report.sent, report.ok, report.errors, report.timeouts], [6, 3, 2, 1]);
  assertEquals(report.shareWithin(300), 2 / 6);
  assertEquals([...report.latencies], [100, 200, 301, 5000, 5000, 5000]);
  assertEquals([report.p50, report.p95], [301, 5000]);
  assertEquals(report.between(0, 20).shareWithin(300), 1);
  assertEquals(
    LoadReport.prototype.shareWithin.call(new LoadReport(JSON.parse(JSON.stringify(report))), 300),
    2 / 6,
  );
});

Deno.test("a stall of the server shows in every request that was due during it", async () => {
  let stall: Promise<void> = Promise.resolve();
  let stalledMs = 0;
  const report = await withServer(async () => {
    await stall;
    return new Response("ok");
  }, (port) =>
    runLoad({
      port,
      phases: parsePhases("100x1500ms"),
      arrivals: "uniform",
      onStart: () => {
        setTimeout(() => {
          const from = performance.now();
          stall = new Promise((resolve) =>
            setTimeout(() => (stalledMs = performance.now() - from, resolve()), 600)
          );
        }, 500);
      },
    }));
  assertEquals([report.sent, report.ok], [150, 150]);
  assert(stalledMs >= 590);
  // 60 requests were due in the stall; the k-th of them waited 600 - 10 k ms: 30 of them longer than 300 ms.
  const slow = report.latencies.filter((ms) => ms > 300).length;
  assertGreater(slow, 24);
  assertLess(slow, 75); // half of all: a busy machine delays others too
  assertGreater(report.quantile(1), 550);
});

Deno.test("requests without an answer end as time-outs, and those without a server as errors", async () => {
  const held: ((response: Response) => void)[] = [];
  const report = await withServer(() => new Promise((resolve) => held.push(resolve)), async (port) => {
    const begin = performance.now();
    const report = await runLoad({
      port,
      phases: parsePhases("50x200ms"),
      timeoutMs: 300,
      arrivals: "uniform",
    });
    assertLess(performance.now() - begin, 1_500);
    for (const answer of held) answer(new Response("too late"));
    return report;
  });
  assertEquals([report.sent, report.timeouts, report.shareWithin(1e9)], [10, 10, 0]);
  const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  closed.close();
  const refused = await runLoad({
    port: closed.addr.port,
    phases: parsePhases("50x100ms"),
    arrivals: "uniform",
  });
  assertEquals([refused.errors, refused.timeouts], [5, 0]);
});

Deno.test("kept connections are used again, and one that the server closed is replaced without an error", async () => {
  let connections = 0;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const conn of listener) {
      connections++;
      await serveTwo(conn);
    }
  })().catch(() => {});
  const report = await runLoad({
    port: listener.addr.port,
    phases: parsePhases("20x1s"),
    arrivals: "uniform",
    keepAlive: true,
  });
  listener.close();
  await served;
  assertEquals([report.sent, report.ok], [20, 20]);
  assertEquals(connections, 10);
  assertEquals(report.outcomes.resent, 9); // each connection but the last was tried once more after its two answers
});

/** Answers two requests as if the connection would be kept, and then closes it without a word. */
async function serveTwo(conn: Deno.Conn): Promise<void> {
  for (let i = 0; i < 2; i++) {
    if (await conn.read(new Uint8Array(1000)) === null) break;
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  }
  conn.close();
}

function reportOf(requests: [latencyMs: number, outcome: Outcome][]): LoadReport {
  return new LoadReport({
    dueMs: requests.map((_, i) => i * 10),
    phase: requests.map((_, i) => i < 3 ? 0 : 1),
    latencyMs: requests.map(([ms]) => ms),
    outcome: requests.map(([, outcome]) => outcome),
    timeoutMs: 5000,
    resent: 0,
    latenessP99Ms: 0,
    latenessMaxMs: 0,
    generatorCpuMs: 0,
  });
}

async function withServer<T>(
  handler: () => Promise<Response>,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  try {
    return await use(server.addr.port);
  } finally {
    await server.shutdown();
  }
}
