/**
 * A flood of StatsD packets on a gunicorn without the probe, which has no other source of load:
 * `deno task bench:flood --help`.
 *
 * It reports packets sent and where they went (read, or dropped by the kernel, which is counted), how
 * decisions kept their pace, and memory before and after.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { positive } from "../../tasks/options.ts";
import { autoscaled } from "../../tests/support/autoscaled.ts";
import { get } from "../../tests/support/http.ts";
import { freeUdpPort } from "../../tests/support/port.ts";
import { cpuMs } from "../../tests/support/processes.ts";
import { runtimeFolder } from "../../tests/support/running_commands.ts";
import { until } from "../../tests/support/wait.ts";

/** Many packets in one system call: one process sends 200,000 a second where a loop over send() ends at half of that. */
const SENDER = new URL("flood_sender.py", import.meta.url).pathname;

interface Counters {
  readonly packets: number;
  readonly dropped: number;
  readonly ticks: number;
  readonly lateTicks: number;
  readonly longestTickMs: number;
  readonly rssMib: number;
  readonly cpuMs: number;
}

/** What became of a flood: totals over its seconds. */
export interface Flood extends Omit<Counters, "rssMib"> {
  readonly sent: number;
  readonly seconds: number;
  readonly rssMib: readonly [before: number, after: number];
}

/** Floods for so many seconds, at so many packets a second if the machine sends them. */
export async function flood(seconds: number, rate: number): Promise<Flood> {
  const port = freeUdpPort();
  await using it = await autoscaled({
    own: ["--probe", "off", "--statsd-addr", `127.0.0.1:${port}`, "--max-workers", "4"],
  });
  const socket = `${await runtimeFolder(it)}/control.sock`;
  const counters = async (): Promise<Counters> => {
    const { body } = await until(async () => {
      const answer = await get({ socket }, "/metrics");
      return answer.status === 200 ? answer : undefined;
    }, { what: "metrics" });
    const value = (name: string) =>
      Number(new RegExp(`^gunicorn_autoscaler_${name} (.+)$`, "m").exec(body)?.[1]);
    const status = Deno.readTextFileSync(`/proc/${it.process.pid}/status`);
    return {
      packets: value("statsd_packets_total"),
      dropped: value("statsd_dropped_packets_total"),
      ticks: value("ticks_total"),
      lateTicks: value("late_ticks_total"),
      longestTickMs: value("longest_tick_interval_seconds") * 1000,
      rssMib: Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024,
      cpuMs: cpuMs(it.process.pid),
    };
  };
  // Warm: buffers have their size, code is compiled.
  await send(port, rate / 10, 1);
  const before = await counters();
  const began = performance.now();
  const sent = await send(port, rate, seconds);
  const took = (performance.now() - began) / 1000;
  let after = await counters();
  await until(async () => {
    after = await counters();
    return after.packets - before.packets + after.dropped - before.dropped >= sent;
  }, {
    what: () => `the ${sent} packets, ${after.packets} were read and ${after.dropped} dropped`,
    everyMs: 100,
  });
  return {
    sent,
    seconds: took,
    packets: after.packets - before.packets,
    dropped: after.dropped - before.dropped,
    ticks: after.ticks - before.ticks,
    lateTicks: after.lateTicks - before.lateTicks,
    longestTickMs: after.longestTickMs,
    rssMib: [before.rssMib, after.rssMib],
    cpuMs: after.cpuMs - before.cpuMs,
  };
}

async function send(port: number, rate: number, seconds: number): Promise<number> {
  const args = [SENDER, ...[port, rate, seconds].map(String)];
  const { stdout } = await new Deno.Command("python3", { args, stderr: "inherit" }).output();
  return Number(new TextDecoder().decode(stdout));
}

const TASK = {
  command: "deno task bench:flood",
  action: "measure the flood",
  about:
    "A flood of StatsD packets on a gunicorn without the probe: where the packets went, how decisions kept their " +
    "pace, memory before and after.",
  options: {
    seconds: positive({ help: "How long it lasts.", default: 30 }),
    rate: positive({ help: "Packets a second, if the machine sends so many.", default: 200_000 }),
  },
  examples: ["", "--seconds 10 --rate 50000"],
};

async function main(): Promise<void> {
  const { options: { seconds, rate } } = taskArguments(TASK);
  const it = await flood(seconds, rate);
  const [before, after] = it.rssMib;
  console.log(
    `${it.sent} packets in ${it.seconds.toFixed(1)} s, ${Math.round(it.sent / it.seconds)} a second`,
  );
  console.log(`${it.packets} read, ${it.dropped} dropped and counted`);
  console.log(
    `${it.ticks} ticks, ${it.lateTicks} late, the longest wait for one ${it.longestTickMs.toFixed(0)} ms`,
  );
  console.log(
    `memory ${before.toFixed(1)} MiB before, ${after.toFixed(1)} MiB after; ${
      (it.cpuMs / it.seconds / 1000).toFixed(2)
    } cores`,
  );
}

if (import.meta.main) await main();
