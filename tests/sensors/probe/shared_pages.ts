/** Arbiter files and slots as gunicorn's side would write them, word by word. */

import type { Load, Maybe } from "../../../src/core/sample.ts";
import type { BootReading } from "../../../src/sensors/probe/probe_slots.ts";

/** A word: a number (whole, or negative as its 64-bit complement) or eight ASCII characters. */
export type Word = number | bigint | string;

/** A 4 KiB page with these words; the others are 0. */
export function page(words: Record<number, Word>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of Object.entries(words)) {
    if (typeof word === "string") new TextEncoder().encodeInto(word, bytes.subarray(8 * Number(i)));
    else {view.setBigUint64(
        8 * Number(i),
        BigInt.asUintN(64, BigInt(typeof word === "number" ? Math.round(word) : word)),
        true,
      );}
  }
  return bytes;
}

/** Words of a slot by name, with their index in words.py. */
export const SLOT = {
  magic: 0,
  version: 1,
  pid: 2,
  ppid: 3,
  kind: 4,
  slots: 5,
  state: 6,
  realtimeNs: 7,
  monotonicNs: 8,
  bootNs: 9,
  readyNs: 10,
  age: 11,
  metered: 12,
  parallel: 14,
  seq: 16,
  lastChangeNs: 17,
  inFlight: 18,
  busyNs: 19,
  inFlightNs: 20,
  started: 21,
  finished: 22,
  failed: 23,
  serviceNs: 24,
  waitNs: 25,
  innerQueue: 27,
  websockets: 28,
  streams: 29,
  loopDueNs: 30,
  loopLagNs: 31,
  loopTicks: 32,
  loopLateTicks: 34,
  busyThreads: 35,
  oneUntilNs: 36,
  bootCpuNs: 37,
  bootWaitNs: 38,
  aloneUntilNs: 39,
  serviceBuckets: 64,
  waitBuckets: 128,
} as const;

export type SlotWords = Partial<Record<keyof typeof SLOT, Word>>;

/** A folder of slots. Times in the words are ns. */
export class SlotFolder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "gunicorn-autoscaler-test-" });

  /** A ready, metered sync worker, forked at 1 s and ready at 1.5 s, with these words different. */
  add(pid: number, words: SlotWords = {}): void {
    const all: SlotWords = {
      magic: "GASLOT01",
      version: 1,
      pid,
      kind: 1,
      slots: 1,
      state: 2,
      bootNs: 1e9,
      readyNs: 1.5e9,
      lastChangeNs: 1e9,
      metered: 1,
      ...words,
    };
    Deno.writeFileSync(`${this.path}/w-${pid}`, page(numbered(all)));
  }

  set(pid: number, words: SlotWords): void {
    store(`${this.path}/w-${pid}`, numbered(words));
  }

  /** A word as it stands there. */
  word(pid: number, name: keyof typeof SLOT): number {
    return Number(new BigUint64Array(Deno.readFileSync(`${this.path}/w-${pid}`).buffer)[SLOT[name]]);
  }

  remove(pid: number): void {
    Deno.removeSync(`${this.path}/w-${pid}`);
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      // the test removed it
    }
  }
}

function numbered(words: SlotWords): Record<number, Word> {
  return Object.fromEntries(
    Object.entries(words).map(([name, word]) => [SLOT[name as keyof typeof SLOT], word]),
  );
}

/** Overwrites some words of a file in place, as an mmap store would. */
export function store(path: string, words: Record<number, Word>): void {
  using file = Deno.openSync(path, { write: true });
  for (const [i, word] of Object.entries(words)) {
    const eight = page({ 0: word }).subarray(0, 8);
    file.seekSync(8 * Number(i), Deno.SeekMode.Start);
    file.writeSync(eight);
  }
}

/** The load of a reading that must have one. */
export function loadOf(reading: { readonly load: Maybe<Load> }): Load {
  if (reading.load === "unknown") throw new Error("the load is unknown");
  return reading.load;
}

/** The latest boot of a reading that must have one. */
export function bootOf({ lastBoot }: { readonly lastBoot: Maybe<BootReading> }): BootReading {
  if (lastBoot === "unknown") throw new Error("no boot is known");
  return lastBoot;
}

/** A folder that is removed at the end of its scope. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "gunicorn-autoscaler-test-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

const PROBE_ENVIRONMENT = {
  PYTHONPATH: new URL("../../../probe", import.meta.url).pathname,
  PYTHONDONTWRITEBYTECODE: "1",
};

/** Runs Python with the probe's modules at hand and gives back what it printed. */
export async function probePython(code: string): Promise<string> {
  const output = await new Deno.Command("python3", { args: ["-c", code], env: PROBE_ENVIRONMENT }).output();
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout).trim();
}

/** The same for a Python that is talked with, a line at a time, while it runs. */
export function probeProcess(code: string) {
  const args = ["-c", code];
  const child = new Deno.Command("python3", { args, env: PROBE_ENVIRONMENT, stdin: "piped", stdout: "piped" })
    .spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  let text = "";
  return {
    async nextLine(): Promise<string> {
      for (;;) {
        const end = text.indexOf("\n");
        if (end >= 0) {
          const line = text.slice(0, end);
          text = text.slice(end + 1);
          return line;
        }
        const { value, done } = await reader.read();
        if (done) throw new Error("Python ended before it printed a line");
        text += value;
      }
    },
    async writeLine(line: string): Promise<void> {
      await writer.write(new TextEncoder().encode(`${line}\n`));
    },
    /** Closes its input, on which it ends. */
    async end(): Promise<void> {
      await writer.close();
      await child.status;
      await reader.cancel();
    },
  };
}
