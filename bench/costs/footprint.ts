/**
 * What the supervisor itself costs: `deno task bench:footprint --help`.
 * Start-up is from the start of the binary to the first output of a stand-in for gunicorn, so it has everything before
 * gunicorn's own start in it; the binaries take turns. Then each carries gunicorn with two idle workers; figures are of the
 * supervisor alone.
 */
import { delay } from "@std/async/delay";
import { max, median, min } from "simple-statistics";
import { taskArguments } from "../../tasks/arguments.ts";
import { positive, toggle, whole } from "../../tasks/options.ts";
import { autoscaled } from "../../tests/support/autoscaled.ts";
import { tempDir } from "../../tests/support/tempdir.ts";

export interface Footprint {
  readonly binary: string;
  readonly fileBytes: number;
  readonly rssBytes: number;
  readonly pssBytes: number;
  /** Pages of the binary's file: the kernel drops them when memory is short and reads them again. */
  readonly fileBackedBytes: number;
  /** Memory that only swap could take: what a container's limit really has to hold. */
  readonly anonymousBytes: number;
  /** Cores used while nothing happens: 0.01 is one hundredth of one core. */
  readonly idleCores: number;
}

const TICKS_PER_SECOND = 100;

/** Starts the binary with a stand-in for gunicorn and takes the time to its first byte, ms. */
async function startMs(binary: string, folder: string): Promise<number> {
  const beganMs = performance.now();
  const child = new Deno.Command(binary, {
    args: ["app:app"],
    env: { PATH: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const tookMs = performance.now() - beganMs;
  while (!(await reader.read()).done);
  await child.status;
  return tookMs;
}

/** Times of `count` starts of each binary, ms. They take turns: what else runs here slows all alike. */
async function starts(binaries: readonly string[], count: number): Promise<ReadonlyMap<string, number[]>> {
  await using folder = await tempDir();
  await Deno.writeTextFile(folder.join("gunicorn"), "#!/bin/sh\necho started\n", { mode: 0o755 });
  const times = new Map(binaries.map((binary) => [binary, [] as number[]]));
  for (const binary of binaries) await startMs(binary, folder.path); // the first reads the file from disk
  for (let i = 0; i < count; i++) {
    for (const [binary, all] of times) all.push(await startMs(binary, folder.path));
  }
  return times;
}

/** CPU time of a process in seconds. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Bytes by name in smaps_rollup and status. */
function memory(pid: number): (name: string) => number {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`) +
    Deno.readTextFileSync(`/proc/${pid}/status`);
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? NaN) * 1024;
}

/** Measures one binary with `seconds` of settling and as many of idling. */
async function footprint(binary: string, seconds: number): Promise<Footprint> {
  Deno.env.set("AUTOSCALER_BINARY", binary);
  await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "8"] });
  await server.untilWorkers(2);
  const { pid } = server.process;
  await delay(seconds * 1000);
  const before = cpuSeconds(pid);
  const beganMs = performance.now();
  await delay(seconds * 1000);
  const idleCores = (cpuSeconds(pid) - before) / ((performance.now() - beganMs) / 1000);
  const bytes = memory(pid);
  return {
    binary,
    fileBytes: Deno.statSync(binary).size,
    rssBytes: bytes("Rss"),
    pssBytes: bytes("Pss"),
    fileBackedBytes: bytes("RssFile"),
    anonymousBytes: bytes("RssAnon"),
    idleCores,
  };
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);

const TASK = {
  command: "deno task bench:footprint",
  action: "measure the footprint",
  about:
    "What the supervisor itself costs: size, start-up, memory and idle CPU, as tables in Markdown. The binaries start " +
    "in turn; then each carries gunicorn with two idle workers.",
  options: {
    starts: whole(1, { help: "Starts of each binary.", default: 20 }),
    seconds: positive({ help: "To settle, and as many again to idle.", default: 30 }),
    "starts-only": toggle("No memory and CPU: for a program that only starts gunicorn."),
  },
  words: { placeholder: "BINARY", help: "What deno task compile made.", least: 1 },
  examples: ["dist/gunicorn-autoscaler", "--starts-only dist/gunicorn-autoscaler dist/before"],
};

/** A row of a table in Markdown. */
const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const nameOf = (binary: string): string => binary.slice(binary.lastIndexOf("/") + 1);

async function main(): Promise<void> {
  const { options, words: binaries } = taskArguments(TASK);
  console.log(row("binary", "start ms: median", "fastest", "slowest"));
  console.log(row("---", "---", "---", "---"));
  for (const [binary, times] of await starts(binaries, options.starts)) {
    console.log(row(nameOf(binary), ...[median(times), min(times), max(times)].map((ms) => ms.toFixed(1))));
  }
  if (options["starts-only"]) return;
  console.log(`\n${row("binary", "MB", "RSS MB", "PSS MB", "file-backed MB", "anonymous MB", "idle CPU")}`);
  console.log(row("---", "---", "---", "---", "---", "---", "---"));
  for (const binary of binaries) {
    const one = await footprint(binary, options.seconds);
    const sizes = [one.fileBytes, one.rssBytes, one.pssBytes, one.fileBackedBytes, one.anonymousBytes];
    console.log(row(nameOf(binary), ...sizes.map(mb), `${(one.idleCores * 100).toFixed(2)} % of a core`));
  }
}

if (import.meta.main) await main();
