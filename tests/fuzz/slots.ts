/** Slots and arbiter files with whatever an app may write into them, torn and cut ones among them. */
import { known } from "../../src/core/sample.ts";
import { ArbiterFile } from "../../src/sensors/probe/arbiter_file.ts";
import { ProbeSlots } from "../../src/sensors/probe/probe_slots.ts";
import { SlotFolder, store } from "../sensors/probe/shared_pages.ts";
import { type Fuzzer, mustHold, pick, type Random } from "./fuzzer.ts";

const S = 1e9;
const HOSTILE = [0, 1, 2, 3, 255, 1e6, 1e9, 1e10, 2 ** 53, -1, 2n ** 63n, 2n ** 64n - 1n];
const SEQ = 16;
const INPUTS_A_FOLDER = 100;

/** A few words of the first `upTo`, most of them among `likely`, with values that meters never write. */
function hostileWords(random: Random, nowNs: number, likely: readonly [number, number], upTo: number) {
  const words: Record<number, number | bigint> = {};
  for (let k = 0; k < 3; k++) {
    const [from, count] = random() < 0.8 ? likely : [0, upTo];
    const at = from + Math.floor(random() * count);
    words[at] = random() < 0.3 ? Math.floor(nowNs - S + random() * 2 * S) : pick(HOSTILE, random);
  }
  return words;
}

export function slotFuzzer(): Fuzzer {
  const folder = new SlotFolder();
  const slots = new ProbeSlots(folder.path);
  const path = `${folder.path}/w-11`;
  let nowNs = 10 * S, inputs = 0;
  return {
    name: "slots",
    unit: "reads",
    one(random) {
      if (inputs++ % INPUTS_A_FOLDER === 0) {
        const kind = 1 + Math.floor(inputs / INPUTS_A_FOLDER) % 8;
        for (const pid of [11, 12]) {
          folder.add(pid, { kind, slots: 1000, bootNs: nowNs - S, readyNs: nowNs - S / 2 });
        }
      }
      store(path, hostileWords(random, nowNs, [4, 30], 192));
      if (random() < 0.05) store(path, { [SEQ]: 1 + 2 * Math.floor(random() * 1e6) }); // a write that never ends
      if (random() < 0.01) Deno.truncateSync(path, Math.floor(random() * 4096));
      const elapsedMs = Math.ceil(random() * 200);
      nowNs += elapsedMs * 1e6;
      checkReading(slots.read(nowNs), elapsedMs);
      return 1;
    },
    close() {
      slots.close();
      folder[Symbol.dispose]();
    },
  };
}

/** What two workers can have done in that time, whatever their slots say. */
function checkReading(
  { load, counts, workers, lastBoot }: ReturnType<ProbeSlots["read"]>,
  elapsedMs: number,
): void {
  const { ms: bootMs, cpuMs, waitMs } = known(lastBoot) ? lastBoot : { ms: 0, cpuMs: 0, waitMs: 0 };
  for (const ms of [counts.oldestBootMs, bootMs, cpuMs, waitMs].filter(known)) {
    mustHold(ms >= 0 && ms < 1e12, () => `a boot of ${ms} ms is possible`);
  }
  mustHold(
    counts.ready + counts.booting + counts.draining <= 2,
    () => `two workers are ${JSON.stringify(counts)}`,
  );
  for (const { busyShare, ageMs, unchangedMs } of workers) {
    mustHold(
      busyShare <= 1 && ageMs >= 0 && unchangedMs >= 0,
      () => `${busyShare}, ${ageMs}, ${unchangedMs} are possible`,
    );
  }
  if (!known(load)) return;
  for (const [name, value] of Object.entries(load)) {
    if (typeof value === "number") {
      mustHold(value >= 0 && Number.isFinite(value), () => `${name} ${value} is possible`);
    }
  }
  // A worker that came into view in this read is counted from its boot, at most a second more.
  const spanMs = elapsedMs + 2_001;
  mustHold(
    load.inFlight <= 2e6 && load.coverage <= 1,
    () => `${load.inFlight} in flight, coverage ${load.coverage}`,
  );
  mustHold(load.busyMs <= 2 * spanMs, () => `busy for ${load.busyMs} of ${elapsedMs} ms`);
  mustHold(load.started <= 2e6 * (elapsedMs / 1000 + 3), () => `${load.started} started in ${elapsedMs} ms`);
  mustHold(
    load.inFlightMs <= (load.started + 2e6) * spanMs,
    () => `${load.inFlightMs} request-ms in ${elapsedMs} ms`,
  );
}

export function arbiterFuzzer(): Fuzzer {
  const folder = new SlotFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 1);
  const magic = new DataView(Deno.readFileSync(path).buffer).getBigUint64(0, true);
  let inputs = 0;
  let requests = 0;
  return {
    name: "arbiter file",
    unit: "reads",
    one(random) {
      if (inputs++ % INPUTS_A_FOLDER === 0) store(path, { 0: magic, 16: 4711, 17: 4, 20: 4, 33: S });
      store(path, hostileWords(random, 10 * S, [16, 18], 40));
      if (random() < 0.01) Deno.truncateSync(path, Math.floor(random() * 300));
      const arbiter = file.read();
      if (arbiter !== undefined) {
        const { masterPid, confirmed, alive, draining, slots } = arbiter;
        mustHold(masterPid > 0 && masterPid <= 2 ** 22, () => `${masterPid} is a pid`);
        mustHold(
          confirmed <= 1e5 && alive <= 1e5 && draining <= alive,
          () => `${confirmed}, ${alive}, ${draining} workers`,
        );
        mustHold(slots >= 1 && slots <= 1e6, () => `${slots} slots`);
        for (const [name, value] of Object.entries(arbiter)) {
          if (typeof value === "number") mustHold(value >= 0, () => `${name} ${value} is possible`);
        }
      }
      const seq = file.request(1 + Math.floor(random() * 100));
      mustHold(seq === ++requests, () => `request ${requests} has the number ${seq}`);
      return 1;
    },
    close() {
      file.close();
      folder[Symbol.dispose]();
    },
  };
}
