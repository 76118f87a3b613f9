import { assertEquals } from "@std/assert";
import { ServiceNotices } from "../../../src/status/systemd/service_notices.ts";
import { boardOf } from "../records.ts";
import { sample } from "../../core/samples.ts";

const WATCHDOG_MS = 1_000;

/** Notices with a clock and a timer of the test's own. */
class Service implements Disposable {
  readonly sent: string[] = [];
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
    const send = (...lines: string[]) => this.sent.push(lines.join(";")) > 0;
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
