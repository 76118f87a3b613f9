/** StatsD packets, in the way that the listener takes them: parser, then window. */
import { total } from "../../src/core/histogram.ts";
import {
  MAX_DURATION_MS,
  MAX_REQUESTS_PER_LINE,
  parseStatsdPacket,
  type StatsdSink,
} from "../../src/sensors/statsd/statsd_line.ts";
import { StatsdWindow } from "../../src/sensors/statsd/statsd_window.ts";
import { sampleText } from "./corpus.ts";
import { type Fuzzer, mustHold, pick } from "./fuzzer.ts";
import { mutated } from "./random.ts";

const NEWLINE = 10;
/** Packets until the window is drained, as a tick does it. */
const PACKETS_A_TICK = 50;

export function statsdFuzzer(): Fuzzer {
  const packets = sampleText("statsd/packets.txt").split("---\n");
  const window = new StatsdWindow();
  let taken = 0, takenLines = 0, lines = 0, packed = 0;
  const within = (what: string, value: number, most: number) =>
    mustHold(value >= 0 && value <= most, () => `${what} ${value} is from 0 to ${most}`);
  const sink: StatsdSink = {
    requests(count) {
      within("a count of requests", count, MAX_REQUESTS_PER_LINE);
      taken += count;
      takenLines++;
      window.requests(count);
    },
    duration(ms, weight) {
      within("a duration", ms, MAX_DURATION_MS);
      within("a weight", weight, MAX_REQUESTS_PER_LINE);
      takenLines++;
      window.duration(ms, weight);
    },
    malformed: () => window.malformed(),
  };
  let malformedBefore = 0, sincePackets = 0;
  return {
    name: "StatsD",
    unit: "lines",
    one(random) {
      let bytes = mutated(pick(packets, random), random);
      if (random() < 0.02) bytes = bytes.map(() => Math.floor(random() * 256));
      parseStatsdPacket(bytes, bytes.length, sink);
      let count = 1;
      for (const byte of bytes) {
        if (byte === NEWLINE) count++;
        else if (byte === 58) packed++;
      }
      lines += count;
      if (++sincePackets < PACKETS_A_TICK) return count;
      sincePackets = 0;
      const { requests, durations, durationCount, durationSumMs } = window.take();
      mustHold(
        Math.abs(requests - taken) <= 1e-9 * taken,
        () => `${requests} requests are the ${taken} that came`,
      );
      mustHold(
        durationSumMs >= 0 && durationSumMs <= durationCount * MAX_DURATION_MS,
        () => `${durationCount} durations add up to ${durationSumMs} ms`,
      );
      mustHold(
        Math.abs(total(durations) - durationCount) <= 1e-6 * durationCount + 1e-9,
        () => "each is in a bucket",
      );
      const judged = window.malformedLines - malformedBefore + takenLines;
      mustHold(
        judged <= lines + packed,
        () => `${judged} judgements are of ${lines} lines and ${packed} packed values`,
      );
      malformedBefore = window.malformedLines;
      taken =
        takenLines =
        lines =
        packed =
          0;
      return count;
    },
  };
}
