/** Raw bytes to the status server: over a real TCP connection, and to what the private socket would carry out. */
import { AUTO, type StandingOrder } from "../../src/core/policy/standing_order.ts";
import { policyOf } from "../../src/settings/policy.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { resolveSettings } from "../../src/settings/settings_sources.ts";
import { Control, type ControlledSupervisor } from "../../src/status/http/control.ts";
import { dashboardAsset } from "../../src/status/dashboard/assets.ts";
import { isAllowedHost } from "../../src/status/http/host_check.ts";
import { bodyLength, parseHead, textAnswer } from "../../src/status/http/http_message.ts";
import { HttpServer } from "../../src/status/http/http_server.ts";
import { type Pages, route } from "../../src/status/http/routes.ts";
import { until } from "../support/wait.ts";
import { samplesOf } from "./corpus.ts";
import { type Fuzzer, mustHold, pick } from "./fuzzer.ts";
import { mutated } from "./random.ts";

const latin1 = new TextDecoder("latin1");
const EXPECTED = /^HTTP\/1\.1 (200|400|403|404|405|413|421|431|503) .*\r\nContent-Type: /;

function pages(command: Pages["command"]): Pages {
  return {
    isAlive: () => true,
    isReady: () => true,
    status: () => "{}",
    history: () => "[]",
    metrics: () => "m 1\n",
    events: () => textAnswer(503, "none here"),
    asset: dashboardAsset,
    isAllowedHost: (host) => isAllowedHost(host, []),
    command,
  };
}

/** Connections to a real server that only reads: whatever comes, an answer or an end, and never a command. */
export function httpFuzzer(): Fuzzer {
  const samples = [...samplesOf("http").values()];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const served = pages(() => {
    throw new Error("a command was carried out over TCP");
  });
  const server = new HttpServer(listener, {
    handle: (request) => route(request, served, false),
    mostConnections: 10,
    timeoutMs: 5_000,
  });
  return {
    name: "HTTP, raw bytes",
    unit: "connections",
    async one(random) {
      let bytes = mutated(pick(samples, random), random);
      if (random() < 0.05) bytes = bytes.map(() => Math.floor(random() * 256));
      const answer = await exchange(port, bytes);
      // A request that never became whole ends without an answer.
      if (answer === "") return 1;
      mustHold(EXPECTED.test(answer), () => `${JSON.stringify(answer.slice(0, 200))} is an answer of ours`);
      mustHold(
        answer.includes("\r\nContent-Security-Policy: default-src 'none'"),
        () => "every answer has its headers",
      );
      mustHold(!/\r\naccess-control-/i.test(answer), () => "no answer lets another page read it");
      const isReading = /^(GET|HEAD) /.test(latin1.decode(bytes));
      mustHold(
        isReading || !answer.startsWith("HTTP/1.1 200"),
        () => `${latin1.decode(bytes)} is not answered with 200`,
      );
      return 1;
    },
    async close() {
      await until(() => server.connections === 0, { what: "no connection left" });
      await server.close();
    },
  };
}

/** Sends bytes, ends the sending side, and reads to the end. */
async function exchange(port: number, bytes: Uint8Array): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let text = "";
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
    const buffer = new Uint8Array(65_536);
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      text += latin1.decode(buffer.subarray(0, n));
    }
  } catch {
    // The server closed first, with bytes of ours unread: a reset, after or instead of its answer.
  }
  return text;
}

/** Commands as the private socket carries them out: whatever is ordered, the settings stay within their ranges. */
export function commandFuzzer(): Fuzzer {
  const samples = [...samplesOf("http").values()].map((bytes) => latin1.decode(bytes)).filter((text) =>
    text.startsWith("POST")
  );
  const settings: Settings =
    resolveSettings({ flags: new Map([["max-workers", "8"]]), environment: {}, envFile: "", cores: 2 })
      .settings;
  const steered = {
    settings: policyOf(settings),
    standing: { order: AUTO, untilMs: Infinity } as StandingOrder,
    give: (order: StandingOrder["order"], untilMs = Infinity) => void (steered.standing = { order, untilMs }),
    change: (changes: object) => void (steered.settings = { ...steered.settings, ...changes }),
  } satisfies ControlledSupervisor;
  const control = new Control(steered, settings, () => 1_000, () => {});
  const served = pages((request) => control.handle(request));
  return {
    name: "commands",
    unit: "requests",
    one(random) {
      const [head = "", body = ""] = pick(samples, random).split(/\r\n\r\n/);
      const parsed = parseHead(random() < 0.3 ? latin1.decode(mutated(head, random)) : head);
      if (parsed === undefined) return 1;
      bodyLength(parsed.headers);
      const answer = route(
        { ...parsed, body: new TextDecoder().decode(mutated(body, random)) },
        served,
        true,
      );
      if (!("status" in answer)) return 1;
      mustHold([200, 400, 404, 405].includes(answer.status), () => `${answer.status} ${answer.body}`);
      const { minWorkers, maxWorkers, windowMs } = steered.settings;
      mustHold(
        minWorkers >= 1 && minWorkers <= maxWorkers && maxWorkers <= 10_000,
        () => `${minWorkers} to ${maxWorkers} workers`,
      );
      mustHold(windowMs > 0 && Number.isFinite(windowMs), () => `a window of ${windowMs} ms`);
      const { order, untilMs } = steered.standing;
      mustHold(order.kind !== "pinned" || order.workers >= 1, () => `pinned at ${JSON.stringify(order)}`);
      mustHold(untilMs > 1_000, () => `an order until ${untilMs}`);
      return 1;
    },
  };
}
