import { assert, assertEquals } from "@std/assert";
import { Autoscaler } from "../../src/core/autoscaler.ts";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { type Finished, known } from "../../src/core/sample.ts";
import { openLog } from "../../src/log.ts";
import { Sensing } from "../../src/supervisor/sensing.ts";
import { openInputs } from "../../src/supervisor/sensing_inputs.ts";
import { durations, load, sample } from "../core/samples.ts";
import { SLOT, SlotFolder } from "../sensors/probe/shared_pages.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { freeUdpPort } from "../support/port.ts";
import { controlSocket, runtimeFolder } from "../support/running_commands.ts";
import { until } from "../support/wait.ts";

/** As much as one tick of forged packets can pretend: a hundred thousand requests of ten seconds each. */
const FORGED: Finished = {
  requests: 100_000,
  durations: durations(100_000, 10_000),
  durationCount: 100_000,
  durationSumMs: 1e9,
};
const PACKET = new TextEncoder().encode(
  "gunicorn.requests:1000000|c\ngunicorn.request.duration:9999|ms|@0.001\ngunicorn.workers:99|g",
);

/** The highest target of ten seconds in which every tick brings forged StatsD beside this load. */
function highestTarget(loads: (nowMs: number) => Parameters<typeof sample>[1]): number {
  const settings = { ...DEFAULT_POLICY, minWorkers: 2, maxWorkers: 50 };
  const law = new Autoscaler(settings, 2);
  let highest = 0;
  for (let nowMs = 100; nowMs <= 10_000; nowMs += 100) {
    const { target } = law.step(sample(nowMs, { statsd: FORGED, ...loads(nowMs) }), settings);
    highest = Math.max(highest, target);
  }
  return highest;
}

Deno.test("the law ignores StatsD while the probe reports load, idle or busy", () => {
  assertEquals(highestTarget(() => ({})), 2);
  const busy = { inFlight: 1, inFlightMs: 60, busyMs: 60, started: 1, finished: 1, serviceMs: 60 };
  assertEquals(highestTarget(() => ({ load: load({ ...busy, service: durations(1, 60) }) })), 2);
});

Deno.test("the same StatsD fills the machine when nothing else reports load (so the test above can fail)", () => {
  assert(highestTarget(() => ({ load: "unknown" })) > 40);
});

/** All sensors with StatsD, in a folder of slots; `heard` sends forged packets and says whether they were taken. */
async function sensing(probe: boolean) {
  const folder = new SlotFolder();
  const port = freeUdpPort();
  const inputs = await openInputs({
    dir: folder.path,
    probe,
    forkServer: "off",
    statsd: { host: "127.0.0.1", port },
    relayTo: undefined,
    prepared: {
      initialWorkers: 2,
      defaultWorkers: undefined,
      minWorkers: undefined,
      maxWorkers: undefined,
      fittingWorkers: Infinity,
      gracefulTimeout: "default",
      daemonMode: "foreground",
    },
  });
  const it = new Sensing({
    dir: folder.path,
    inputs,
    initialWorkers: 2,
    model: { kind: "sync", slots: 1 },
    log: openLog("error", "text"),
  });
  const forger = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  let packets = 0;
  return {
    folder,
    heard: async () => {
      await forger.send(PACKET, { transport: "udp", hostname: "127.0.0.1", port });
      packets++;
      let requests: number | "unknown" = 0;
      await until(() => {
        const { statsd } = it.sample(it.clock());
        if (!known(statsd)) requests = "unknown";
        else if (known(requests)) requests += statsd.requests;
        return known(it.statsd) && it.statsd.packets >= packets;
      }, { what: "the packet" });
      return requests;
    },
    [Symbol.asyncDispose]: async () => {
      forger.close();
      it.close();
      await inputs[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

Deno.test("StatsD counts without the probe", async () => {
  await using it = await sensing(false);
  assertEquals(await it.heard(), 1e6);
});

Deno.test("with the probe StatsD does not count, not even before the first worker serves", async () => {
  await using it = await sensing(true);
  assertEquals(await it.heard(), "unknown", "no worker yet");
  it.folder.add(11, { state: 1, readyNs: 0, metered: 0 });
  assertEquals(await it.heard(), "unknown", "the first worker boots");
  it.folder.set(11, { state: 2, readyNs: 1.5e9, metered: 1 });
  assertEquals(await it.heard(), "unknown", "it serves");
  it.folder.set(11, { inFlight: -1 });
  assertEquals(await it.heard(), "unknown", "its slot cannot be believed");
});

Deno.test("beside workers of a class that the probe does not know StatsD counts", async () => {
  await using it = await sensing(true);
  it.folder.add(11, { kind: 0, metered: 0 });
  assertEquals(await it.heard(), 1e6);
});

Deno.test("forged StatsD packets, from the first moment on, add no worker to a gunicorn with the probe", async () => {
  const port = freeUdpPort();
  const forger = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  let sent = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 20; i++) {
      forger.send(PACKET, { transport: "udp", hostname: "127.0.0.1", port }).catch(() => {});
    }
    sent += 20;
  }, 20);
  try {
    const own = ["--min-workers", "2", "--max-workers", "12", "--statsd-addr", `127.0.0.1:${port}`];
    await using it = await autoscaled({ own });
    await it.untilWorkers(2);
    const before = sent;
    await until(() => sent > before + 4_000, { what: "four thousand packets" });
    assertEquals(it.workers().length, 2, it.log());
    assert(!/grow from/.test(it.log()), it.log());
  } finally {
    clearInterval(timer);
    forger.close();
  }
});

Deno.test("slots that an app makes for workers there are not are not counted", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "12"] });
  await it.untilWorkers(2);
  const folder = await runtimeFolder(it);
  const genuine = it.workers()[0]!;
  const words = new BigUint64Array(Deno.readFileSync(`${folder}/w-${genuine}`).buffer);
  for (const pid of [Deno.pid, 1, 4_194_300, it.process.pid]) {
    const forged = words.slice();
    forged[SLOT.pid] = BigInt(pid);
    Deno.writeFileSync(`${folder}/w-${pid}`, new Uint8Array(forged.buffer));
  }
  const seen = async () => {
    const { body } = await get({ socket: await controlSocket(it) }, "/status");
    return JSON.parse(body) as { now: string; workers: { ready: number; list: { pid: number }[] } };
  };
  const first = Date.parse((await seen()).now);
  const { workers } = await until(async () => {
    const report = await seen();
    return Date.parse(report.now) > first + 1_000 ? report : undefined;
  }, { what: "a second of ticks" });
  assertEquals(workers.ready, 2);
  assertEquals(workers.list.map(({ pid }) => pid).sort(), it.workers().sort());
});
