import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { StatsdListener } from "../../../src/sensors/statsd/statsd_listener.ts";
import { StatsdWindow } from "../../../src/sensors/statsd/statsd_window.ts";
import { until } from "../../support/wait.ts";

const encoder = new TextEncoder();
const LOCAL = { hostname: "127.0.0.1", port: 0 };
const ways = [{ way: "its own descriptor", withoutLibc: false }, {
  way: "Deno's receive",
  withoutLibc: true,
}];

function openSockets(): number {
  let sockets = 0;
  for (const entry of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${entry.name}`).startsWith("socket:")) sockets++;
    } catch {
      // the descriptor of this very listing
    }
  }
  return sockets;
}

async function send(port: number, packets: string[]): Promise<void> {
  const sender = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  for (const packet of packets) {
    await sender.send(encoder.encode(packet), { transport: "udp", hostname: "127.0.0.1", port });
  }
  sender.close();
}

for (const { way, withoutLibc } of ways) {
  Deno.test(`The StatsD listener hands what comes to its window, through ${way}, unasked`, async () => {
    const window = new StatsdWindow();
    const listener = new StatsdListener({ ...LOCAL, withoutLibc }, window);
    await send(listener.port, [
      "gunicorn.requests:1|c",
      "gunicorn.requests:2|c\nbad",
      "x.request.duration:5|ms",
    ]);
    await until(() => listener.packets === 3, { what: "three packets" });
    const taken = window.take();
    assertEquals(taken.requests, 3);
    assertEquals(taken.durationCount, 1);
    assertEquals(window.malformedLines, 1);
    assertEquals(listener.drops, 0);
    await send(listener.port, ["gunicorn.requests:7|c"]);
    await until(() => listener.packets === 4, { what: "a fourth packet" });
    assertEquals(window.take().requests, 7);
    await listener.close();
  });

  Deno.test(`A closed StatsD listener leaves no socket, and its port is free again, through ${way}`, async () => {
    const before = openSockets();
    const listener = new StatsdListener({ ...LOCAL, withoutLibc }, new StatsdWindow());
    assertEquals(openSockets(), before + 1);
    await listener.close();
    await listener.close();
    assertEquals(openSockets(), before);
    const again = new StatsdListener(
      { hostname: "127.0.0.1", port: listener.port, withoutLibc },
      new StatsdWindow(),
    );
    await again.close();
  });

  Deno.test(`Every packet is handed on unchanged, through ${way}`, async () => {
    const seen: string[] = [];
    const onPacket = (packet: Uint8Array) => void seen.push(new TextDecoder().decode(packet));
    const listener = new StatsdListener({ ...LOCAL, withoutLibc, onPacket }, new StatsdWindow());
    await send(listener.port, ["a.requests:1|c\n\nb:2|s|#x", "\0garbage"]);
    await until(() => listener.packets === 2, { what: "two packets" });
    assertEquals(seen, ["a.requests:1|c\n\nb:2|s|#x", "\0garbage"]);
    await listener.close();
  });

  Deno.test(`Under a flood timers keep their pace and drops are counted, through ${way}`, async () => {
    const window = new StatsdWindow();
    const listener = new StatsdListener({ ...LOCAL, withoutLibc }, window);
    const flood = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", ${listener.port}))
end = time.monotonic() + 1.0; n = 0
while time.monotonic() < end:
    for _ in range(100):
        try: s.send(b"gunicorn.requests:1|c"); n += 1
        except OSError: pass
print(n)`;
    const sender = new Deno.Command("python3", { args: ["-c", flood], stdout: "piped", stderr: "inherit" })
      .spawn();
    let done = false;
    const output = sender.output().then((result) => (done = true, result));
    let ticks = 0, longestMs = 0, requests = 0;
    const begun = performance.now();
    while (!done) {
      const before = performance.now();
      await delay(20);
      longestMs = Math.max(longestMs, performance.now() - before);
      ticks++;
      listener.drain();
      requests += window.take().requests;
    }
    const elapsedMs = performance.now() - begun;
    const sent = Number(new TextDecoder().decode((await output).stdout));
    await until(() => {
      listener.drain();
      return listener.packets + Number(listener.drops) >= sent;
    }, { what: "the rest, read or dropped" });
    requests += window.take().requests;
    assertGreater(sent, 20_000);
    assertGreater(ticks, elapsedMs / 20 / 4);
    assert(longestMs < 500, `a tick came ${longestMs} ms after the one before`);
    assertEquals(
      listener.packets + Number(listener.drops),
      sent,
      "every packet was either read or counted as dropped",
    );
    assertEquals(requests, listener.packets);
    await listener.close();
  });
}

Deno.test("A taken StatsD port is an error that says what to do", async () => {
  const listener = new StatsdListener(LOCAL, new StatsdWindow());
  assertThrows(
    () => new StatsdListener({ hostname: "127.0.0.1", port: listener.port }, new StatsdWindow()),
    Error,
    `Cannot listen for StatsD on 127.0.0.1:${listener.port}: the port is taken, ` +
      "set --statsd-addr to a free address of this machine",
  );
  await listener.close();
});

Deno.test("An address of another machine is an error that says so", () => {
  assertThrows(
    () => new StatsdListener({ hostname: "192.0.2.1", port: 9125 }, new StatsdWindow()),
    Error,
    "Cannot listen for StatsD on 192.0.2.1:9125: this machine does not have the address, set --statsd-addr",
  );
});
