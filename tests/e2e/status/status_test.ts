import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import type { StatusReport } from "../../../src/status/status_types.ts";
import { type Autoscaled, autoscaled, program } from "../../support/autoscaled.ts";
import { Connection, get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run } from "../../support/process.ts";
import { findProgram } from "../../support/program.ts";
import { command, controlSocket } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";

const curl = await findProgram("curl");

/** The status code, head and body that curl gets. */
async function curled(...args: string[]): Promise<{ code: number; head: string; body: string }> {
  const { stdout } = await run(curl!, ["-s", "-i", "-m", "5", ...args]);
  const end = stdout.search(/\r?\n\r?\n/);
  const head = stdout.slice(0, end);
  return { code: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: stdout.slice(end).trim() };
}

async function statusOf(it: Autoscaled): Promise<StatusReport> {
  const { stdout, stderr } = await command(it, "status", "--json");
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

Deno.test({
  name: curl === undefined
    ? "every endpoint answers curl (skipped: curl is not installed)"
    : "every endpoint answers curl, over TCP and over the private socket",
  ignore: curl === undefined,
  fn: async () => {
    const port = freeTcpPort();
    const own = ["--min-workers", "2", "--max-workers", "6", "--status-addr", `127.0.0.1:${port}`];
    await using it = await autoscaled({ own });
    const socket = await controlSocket(it);
    const ways = { tcp: [`http://127.0.0.1:${port}`], unix: ["--unix-socket", socket, "http://localhost"] };
    for (const [way, [...parts]] of Object.entries(ways)) {
      const url = parts.pop()!;
      const at = (path: string, ...args: string[]) => curled(...args, ...parts, url + path);
      await until(async () => (await at("/readyz")).code === 200, { what: "a ready worker" });
      await until(async () => (await at("/metrics")).code === 200, { what: "metrics" });
      for (
        const [path, what] of [
          ["/livez", /^alive$/],
          ["/readyz", /^ready$/],
          ["/status", /^\{"version":".*"target":2,/],
          ["/history", /^\{"at":\[/],
          ["/metrics", /^gunicorn_autoscaler_target_workers 2$/m],
          ["/", /<title>gunicorn-autoscaler<\/title>/],
          ["/dashboard.js", /import/],
          ["/uplot.js", /uPlot/],
        ] as const
      ) {
        const { code, head, body } = await at(path);
        assertEquals(code, 200, `${way} ${path}`);
        assertMatch(body, what, `${way} ${path}`);
        assertMatch(head, /content-security-policy: default-src 'none'/i);
        assertEquals((await at(path, "-I")).code, 200, `HEAD ${path}`);
      }
      // A stream is cut off by curl after its 2 s: what came by then is there.
      const events = await at("/events", "-N", "-m", "2.5");
      assertMatch(events.head, /text\/event-stream/);
      assertMatch(events.body, /^event: history\ndata: \{"at"/m);
      assertMatch(events.body, /^event: status\ndata: \{"version"/m);
      const order = await at("/order", "-X", "POST", "-d", '{"kind":"paused"}');
      assertEquals(order.code, way === "tcp" ? 403 : 200);
      assertEquals((await at("/status", "-X", "DELETE")).code, 405);
      assertEquals((await at("/nothing")).code, 404);
      const rebound = await at("/status", "-H", "Host: evil.example.com");
      assertEquals(rebound.code, way === "tcp" ? 421 : 200);
    }
    assertEquals((await statusOf(it)).order.kind, "paused");
    const info = await Deno.lstat(socket);
    assertEquals([info.isSocket, info.mode! & 0o777], [true, 0o600]);
  },
});

Deno.test("status and explain show a burst in the words of the log", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "8"] });
  await until(async () => (await statusOf(it)).signals[0]!.ageSeconds === 0, {
    what: "the probe's first word",
  });
  const before = await command(it, "status");
  assertEquals(before.code, 0, before.stderr);
  assertMatch(before.stdout, /^wsgi:app .*sync workers/);
  assertMatch(before.stdout, /^● scaling automatically$/m);
  const load = runLoad({ port: it.port, phases: parsePhases("60x5s:/sleep/100"), arrivals: "uniform" });
  await it.process.line(/autoscaler: .*grow from 2/);
  await load;
  const report = await statusOf(it);
  assert(report.traffic.requests >= 200, `${report.traffic.requests} requests`);
  const logged = it.log().split("\n").flatMap((line) => {
    const text = /autoscaler: (.*(?:grow|shrink) from .*)$/.exec(line)?.[1];
    return text === undefined ? [] : [text];
  });
  const rows = JSON.parse((await command(it, "explain", "100", "--json")).stdout) as { text: string }[];
  for (const text of logged) {
    assert(rows.some((one) => one.text === text), `${text}\n${JSON.stringify(rows)}`);
  }
  const explained = (await command(it, "explain", "100")).stdout.replace(/\n +(?=[^ ])/g, " ");
  for (const text of logged) assertStringIncludes(explained, text);
  assertMatch(explained, /^now: /m);
  const screen = (await command(it, "status")).stdout;
  assertMatch(screen, /^Requests .*none failed$/m);
  assertMatch(screen, /[▲▼■] (\d → |hold )\d/);
});

Deno.test("scale pins for a time, pause holds, resume ends both, and log, status and metrics show it", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
  const scaled = await command(it, "scale", "5", "--for", "4s");
  assertEquals([scaled.code, scaled.stdout], [0, "pinned at 5 workers by hand, 4 s left"]);
  await it.untilWorkers(5);
  const pinned = await statusOf(it);
  assertEquals([pinned.order.kind, pinned.target], ["pinned", 5]);
  const metrics = await get({ socket: await controlSocket(it) }, "/metrics");
  assertMatch(metrics.body, /^gunicorn_autoscaler_order\{kind="pinned"\} 1$/m);
  assertMatch((await command(it, "status")).stdout, /^■ pinned at 5 workers by hand, \d s left/m);
  await it.process.line(/autoscaler: pinned at 5 workers by hand, 4 s left/);
  await it.process.line(/autoscaler: the pin ended: scaling automatically/);
  await it.untilWorkers(2, 20_000);

  assertEquals((await command(it, "pause")).stdout, "paused by hand");
  await until(async () => (await statusOf(it)).decision.text === "paused by hand", { what: "the pause" });
  assertEquals((await command(it, "resume")).stdout, "scaling automatically");
  await until(async () => (await statusOf(it)).decision.reason !== "paused", {
    what: "the end of the pause",
  });
});

Deno.test("set changes what decisions are made by, and says what it cannot", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
  const set = await command(it, "set", "min-workers=3", "max-workers=4");
  assertEquals(set.code, 0, set.stderr);
  assertEquals(set.stdout, "min-workers is now 3, it was 2\nmax-workers is now 4, it was 6");
  await it.untilWorkers(3);
  await it.process.line(/autoscaler: the minimum is 3: grow from 2 to 3 workers/);
  const { bounds } = await statusOf(it);
  assertEquals([bounds.min, bounds.max], [3, 4]);
  for (
    const [words, why] of [
      [["set", "max-workers=1"], /below the minimum of 3/],
      [["set", "tick-ms=50"], /cannot change while gunicorn runs/],
      [["set", "max-workers"], /write KEY=VALUE/],
      [["scale", "9"], /the maximum is 4, raise it first/],
      [["scale"], /write one, such as scale 4/],
      [["scale", "3", "--for", "soon"], /no time span/],
      [["pause", "now"], /nothing is expected/],
      [["status", "--fast"], /no such option/],
      [["explain", "x"], /one number/],
      [["explain", "201"], /give one from 1 to 200/],
    ] as const
  ) {
    const { code, stderr } = await command(it, ...words);
    assertEquals(code, 2, words.join(" "));
    assertMatch(stderr, why);
  }
});

Deno.test("with two instances a command says which there are, and --instance chooses", async () => {
  await using one = await autoscaled({ own: ["--min-workers", "1", "--max-workers", "3"] });
  // The second makes its folder where the first has: the later --runtime-dir counts.
  await using two = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "3", "--runtime-dir", one.runtimeBase],
  });
  const { code, stderr } = await command(one, "status");
  assertEquals(code, 1);
  assertMatch(stderr, new RegExp(`--instance ${one.process.pid} .*\\n.*|--instance ${two.process.pid} `));
  assertMatch(stderr, /Cannot choose an autoscaler: 2 run here/);
  const chosen = await command(one, "status", "--json", "--instance", String(two.process.pid));
  assertEquals((JSON.parse(chosen.stdout) as StatusReport).pid, two.process.pid);
  const folder = new RegExp(`--instance ${two.process.pid} .*, (/.*)\\)`).exec(stderr)![1]!;
  const scaled = await command(one, "scale", "3", "--instance", folder);
  assertEquals(scaled.stdout, "pinned at 3 workers by hand");
  await two.untilWorkers(3);
  assertEquals(one.workers().length, 1);
});

Deno.test("a taken status port is an error before gunicorn starts", async () => {
  const port = freeTcpPort();
  using _taken = Deno.listen({ hostname: "127.0.0.1", port });
  await using it = await autoscaled({ own: ["--status-addr", `127.0.0.1:${port}`], untilReady: false });
  assertEquals((await it.process.ended).code, 1);
  assertMatch(
    it.process.text("stderr"),
    new RegExp(`Cannot serve status on 127\\.0\\.0\\.1:${port}: the port is taken, set --status-addr`),
  );
  assertNotMatch(it.process.text("stderr"), /Starting gunicorn/);
});

Deno.test("a status address that others can reach is warned of", async () => {
  await using it = await autoscaled({ own: ["--status-addr", `0.0.0.0:${freeTcpPort()}`] });
  await it.process.line(/WARNING.*can read the status/);
});

Deno.test("a flood of idle and broken connections does not reach the app, the loop or the commands", async () => {
  const port = freeTcpPort();
  await using it = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "4", "--status-addr", `127.0.0.1:${port}`],
  });
  const idle: Connection[] = [];
  try {
    for (let i = 0; i < 400; i++) {
      const connection = await Connection.open({ port });
      idle.push(connection);
      if (i % 2 === 0) await connection.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").catch(() => {});
    }
    assertEquals((await it.get("/")).status, 200);
    assertEquals((await statusOf(it)).order.kind, "auto");
    await it.untilWorkers(2);
    const { body } = await get({ socket: await controlSocket(it) }, "/metrics");
    assertMatch(body, /^gunicorn_autoscaler_loop_errors_total 0$/m);
    const streams = Number(/^gunicorn_autoscaler_status_streams (\d+)$/m.exec(body)![1]);
    assert(streams > 50 && streams <= 128, `${streams} streams`);
  } finally {
    for (const connection of idle) await connection[Symbol.asyncDispose]();
  }
  await until(async () => (await get({ port }, "/livez").catch(() => undefined))?.status === 200, {
    what: "an answer once the flood is over",
  });
});

Deno.test("threads that slow clients hold are shown busy, in status and metrics", async () => {
  await using it = await autoscaled({
    gunicorn: ["-k", "gthread", "--threads", "4"],
    own: ["--min-workers", "1"],
  });
  await using first = await Connection.open({ port: it.port });
  await using second = await Connection.open({ port: it.port });
  // Clients that send nothing hold no thread of gunicorn 22 and 23.
  for (const client of [first, second]) await client.send("GET / HTTP");
  await until(async () => {
    const { busyThreads, inFlight } = (await statusOf(it)).traffic;
    return busyThreads === 2 && inFlight === 0;
  }, { what: "two busy threads without a request" });
  const metrics = await get({ socket: await controlSocket(it) }, "/metrics");
  assertMatch(metrics.body, /^gunicorn_autoscaler_busy_threads 2$/m);
});

Deno.test("without the probe, status shows what /proc knows of the workers", async () => {
  await using it = await autoscaled({
    own: [
      "--probe",
      "off",
      "--min-workers",
      "2",
      "--max-workers",
      "4",
      "--statsd-addr",
      `127.0.0.1:${freeTcpPort()}`,
    ],
  });
  await it.untilWorkers(2);
  await until(async () => (await statusOf(it)).workers.list.length === 2, { what: "two workers" });
  const age = ({ signals }: StatusReport, name: string) =>
    signals.find((one) => one.name === name)?.ageSeconds;
  await until(async () => typeof age(await statusOf(it), "accept-queue") === "number", {
    what: "the accept queue",
  });
  const report = await statusOf(it);
  assertEquals(report.workers.list.map(({ pid }) => pid).sort(), it.workers().sort());
  assertEquals(age(report, "probe"), "unknown");
  assertMatch((await command(it, "status")).stdout, /○ probe .*● statsd/);
});

Deno.test("an instance with a runtime folder in any place is found by its pid", async () => {
  await using it = await autoscaled({});
  await controlSocket(it);
  const [path, ...args] = program();
  const { code, stderr } = await run(path!, [...args, "explain", "--instance", String(it.process.pid)], {
    env: { GUNICORN_AUTOSCALER_RUNTIME_DIR: "" },
  });
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("without a running instance a command says so", async () => {
  await using it = await autoscaled();
  assertEquals((await it.process.stop()).code, 0);
  const { code, stderr } = await command(it, "status", "--instance", it.runtimeBase);
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot find the instance/);
});
