/**
 * What watching costs: CPU of the autoscaler alone, with 50 event streams and a scrape every second, and the time that
 * `status` takes. `deno run -A bench/costs/status.ts --help`.
 */
import { delay } from "@std/async/delay";
import { max, median } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { positive, whole } from "../../tasks/options.ts";
import { type Autoscaled, autoscaled, program } from "../../tests/support/autoscaled.ts";
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { command } from "../../tests/support/running_commands.ts";
import { until } from "../../tests/support/wait.ts";

/** USER_HZ: clock ticks a second in /proc, 100 on all Linux platforms that run this. */
const TICKS_PER_SECOND = 100;

const { options: { seconds, streams } } = taskArguments({
  command: "deno run -A bench/costs/status.ts",
  action: "measure what watching costs",
  about:
    "What watching costs: CPU of the autoscaler alone, with event streams and a scrape every second, and the time " +
    "that status takes.",
  options: {
    seconds: positive({ help: "Alone and watched, so long each, twice.", default: 15 }),
    streams: whole(1, { help: "Event streams that are read.", default: 50 }),
  },
  examples: ["", "--seconds 5 --streams 10"],
  notes: ["AUTOSCALER_BINARY names a compiled program to measure instead of the source tree."],
});

/** Bytes that have come over all streams. */
let received = 0;
const port = freeTcpPort();
await using it = await autoscaled({
  own: ["--min-workers", "4", "--max-workers", "8", "--status-addr", `127.0.0.1:${port}`],
});
await until(() => get({ port }, "/metrics").then(({ status }) => status === 200), { what: "metrics" });
// After a warm-up, because V8 compiles code as it runs, and in alternation.
await delay(10_000);
let alone = 0, watched = 0, frames = 0, scraped = 0;
for (let round = 0; round < 2; round++) {
  alone += await coresOver(it, seconds) / 2;
  const stopReading = await openStreams();
  const scraping = setInterval(() => {
    get({ port }, "/metrics").then(({ body }) => scraped += body.length);
  }, 1000);
  await delay(2_000);
  const before = received;
  watched += await coresOver(it, seconds) / 2;
  frames += received - before;
  clearInterval(scraping);
  await stopReading();
}

const times: number[] = [];
for (let i = 0; i < 20; i++) {
  const startMs = performance.now();
  const { code, stderr } = await command(it, "status");
  if (code !== 0) throw new Error(stderr);
  times.push(performance.now() - startMs);
}

const percent = (cores: number) => `${(cores * 100).toFixed(2)} %`;
console.log(`program                                   ${program().join(" ").replace(/\S*\//g, "")}`);
console.log(`autoscaler alone                          ${percent(alone)} of a core`);
console.log(`with ${streams} streams and a scrape a second     ${percent(watched)} of a core`);
console.log(`watching costs                            ${percent(watched - alone)} of a core`);
console.log(`bytes of events received a second         ${Math.round(frames / seconds / 2)}`);
if (scraped === 0) throw new Error("Cannot measure: no metrics came");
console.log(`status, median of 20                      ${median(times).toFixed(0)} ms`);
console.log(`status, slowest of 20                     ${max(times).toFixed(0)} ms`);

/** Mean cores that the autoscaler's own process uses over `seconds`; its children are not in it. */
async function coresOver(it: Autoscaled, seconds: number): Promise<number> {
  const ticks = () => {
    const stat = Deno.readTextFileSync(`/proc/${it.process.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const startMs = performance.now();
  const start = ticks();
  await delay(seconds * 1000);
  return (ticks() - start) / TICKS_PER_SECOND / ((performance.now() - startMs) / 1000);
}

/** Opens the streams and reads them, as browsers would; returns how to close them. */
async function openStreams(): Promise<() => Promise<void>> {
  const connections: Deno.Conn[] = [];
  const readers: Promise<void>[] = [];
  for (let i = 0; i < streams; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    connections.push(connection);
    readers.push(
      (async () => {
        const buffer = new Uint8Array(65_536);
        for (
          let n = await connection.read(buffer);
          n !== null;
          n = await connection.read(buffer)
        ) received += n;
      })().catch(() => {}),
    );
  }
  return async () => {
    for (const connection of connections) connection.close();
    await Promise.all(readers);
  };
}
