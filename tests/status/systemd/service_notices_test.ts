import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { ServiceNotices } from "../../../src/status/systemd/service_notices.ts";
import { boardOf } from "../records.ts";
import { sample } from "../../core/samples.ts";

const WATCHDOG_MS = 1_000;

/** Notices with a clock and a timer of the test's own. */
class Service implements Disposable {
  readonly sent: string[] = [];
  /** The manager's socket takes nothing. */
  isFull = false;
  nowMs = 0;
  readonly notices: ServiceNotices;
  readonly periodsMs: unknown[] = [];
  #fire = () => {};
  readonly #setInterval = globalThis.setInterval;

  constructor(watchdogMs: number | undefined) {
    globalThis.setInterval = ((fire: () => void, ms: number) => {
      this.#fire = fire;
      this.periodsMs.push(ms);
      return 0;
    }) as typeof setInterval;
    const send = (...lines: string[]) => !this.isFull && this.sent.push(lines.join(";")) > 0;
    this.notices = new ServiceNotices({ send, watchdogMs }, () => this.nowMs);
  }

  /** A tick; the next one comes in `paceMs`. */
  tick(paceMs: number): void {
    const board = boardOf([sample(this.nowMs)]);
    this.notices.note(board.record!, undefined, paceMs);
  }

  /** Whether the watchdog is fed, with each look of the timer until then. */
  isFedAt(...timesMs: number[]): boolean[] {
    return timesMs.map((nowMs) => {
      this.nowMs = nowMs;
      const before = this.sent.length;
      this.#fire();
      return this.sent.slice(before).includes("WATCHDOG=1");
    });
  }

  [Symbol.dispose](): void {
    globalThis.setInterval = this.#setInterval;
  }
}

Deno.test("the watchdog is fed twice in its time, also when ticks come more seldom than that", () => {
  for (const paceMs of [100, 1_000, 60_000]) {
    using service = new Service(WATCHDOG_MS);
    assertEquals(service.periodsMs, [WATCHDOG_MS / 2]);
    service.tick(paceMs);
    assertEquals(service.isFedAt(paceMs / 2, paceMs, paceMs + WATCHDOG_MS / 2), [true, true, true]);
  }
});

Deno.test("a loop that does not tick any more is not fed for", () => {
  for (const paceMs of [100, 60_000]) {
    using service = new Service(WATCHDOG_MS);
    assertEquals(service.isFedAt(0), [false], "it has not ticked yet");
    service.tick(paceMs);
    assertEquals(service.isFedAt(paceMs + WATCHDOG_MS + 1), [false]);
    service.tick(paceMs);
    assertEquals(service.isFedAt(service.nowMs + 1), [true], "it ticks again");
  }
});

Deno.test("while gunicorn ends it is fed without ticks", () => {
  using service = new Service(WATCHDOG_MS);
  service.tick(100);
  service.notices.stopping();
  assertEquals(service.isFedAt(60_000), [true]);
});

Deno.test("without a watchdog nothing is fed", () => {
  using service = new Service(undefined);
  service.tick(100);
  assertEquals(service.periodsMs, []);
  assertEquals(service.isFedAt(50), [false]);
});

Deno.test("what the manager's full socket does not take is sent again, or a start would never be over", () => {
  using service = new Service(undefined);
  const sentBy = (act: () => void) => {
    service.sent.length = 0;
    act();
    return service.sent.filter((lines) => !lines.startsWith("STATUS"));
  };
  service.isFull = true;
  service.tick(100);
  service.isFull = false;
  assertEquals(sentBy(() => service.tick(100)), ["READY=1"]);
  service.isFull = true;
  service.notices.reloading(5, undefined);
  service.isFull = false;
  service.nowMs = 100;
  assertEquals(sentBy(() => service.tick(100)), ["RELOADING=1;MONOTONIC_USEC=5000"]);
  service.nowMs = 3_000;
  assertEquals(sentBy(() => service.tick(100)), ["READY=1"]);
  assertEquals(sentBy(() => service.tick(100)), []);
});

Deno.test("a watchdog whose socket was full is fed soon after", async () => {
  using service = new Service(80);
  service.tick(100);
  service.isFull = true;
  assertEquals(service.isFedAt(40), [false]);
  service.isFull = false;
  await delay(30);
  service.notices.close();
  assertEquals(service.sent.filter((lines) => lines === "WATCHDOG=1").length, 1);
});
