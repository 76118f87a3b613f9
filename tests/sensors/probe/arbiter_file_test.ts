import { assertEquals, assertThrows } from "@std/assert";
import { ArbiterFile } from "../../../src/sensors/probe/arbiter_file.ts";
import { probePython, store, temporaryFolder, type Word } from "./shared_pages.ts";

const published: Record<number, Word> = {
  16: 4321,
  17: 4,
  18: 2,
  19: 3,
  20: 5,
  21: 1,
  22: 9,
  23: 2,
  24: 1_000_000_000,
  25: 1,
  26: 2,
  27: 8,
  28: 30_000,
  29: 45_000,
  30: 1,
  31: 3,
  32: 230_001,
  33: 2_000_000_000,
  34: 3,
  35: 0,
  36: 2_100,
  37: 6,
  38: 15_500_000,
  39: 2,
  42: 3,
  43: 4_000_000_000,
  44: 1,
};

Deno.test("A new arbiter file is private, one page, and holds the supervisor's words", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  const info = Deno.statSync(path);
  assertEquals(info.size, 4096);
  assertEquals(info.mode! & 0o777, 0o600);

  const words = () => new BigUint64Array(Deno.readFileSync(path).buffer).slice(0, 5);
  assertEquals(new TextDecoder().decode(Deno.readFileSync(path).subarray(0, 8)), "GAARB001");
  assertEquals(words().slice(1), new BigUint64Array([77n, 0n, 0n, 0n]), "nothing is wanted yet");
  assertEquals(file.request(7), 1);
  assertEquals(words().slice(1), new BigUint64Array([77n, 7n, 1n, 0n]));
  assertEquals(file.request(3), 2);
  assertEquals(words().slice(1), new BigUint64Array([77n, 3n, 2n, 0n]));
  file.setForkServer("auto");
  assertEquals(words().slice(1), new BigUint64Array([77n, 3n, 2n, 2n]));
  file.close();
});

Deno.test("What the master published is read back", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  assertEquals(file.read(), undefined, "before the master has spoken");
  assertEquals(file.confirmed(), undefined);

  store(path, published);
  using page = Deno.openSync(path, { write: true });
  page.seekSync(256 * 8, Deno.SeekMode.Start);
  page.writeSync(new TextEncoder().encode("a\nthread runs\0more"));
  assertEquals(file.read(), {
    masterPid: 4321,
    confirmed: 4,
    confirmedSeq: 2,
    changes: 3,
    alive: 5,
    draining: 1,
    spawned: 9,
    bootFailures: 2,
    lastBootFailureNs: 1_000_000_000,
    reloads: 1,
    kind: "gthread",
    slots: 8,
    gracefulTimeoutMs: 30_000,
    timeoutMs: 45_000,
    preload: true,
    configured: 3,
    gunicornVersion: "23.0.1",
    readyNs: 2_000_000_000,
    forkServer: {
      state: "refused",
      pid: undefined,
      importMs: 2_100,
      forks: 6,
      lastForkMs: 15.5,
      failures: 2,
      why: "a thread runs",
    },
    sleep: { isPossible: false, wakes: 3, wokenNs: 4_000_000_000 },
  });
  assertEquals(file.confirmed(), { workers: 4, seq: 2 });
  file.close();
});

Deno.test("A request for no workers is a sleep with a number of its own, which a repetition keeps", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  const words = () => {
    file.request(0);
    const [, , wanted, seq, , , sleep] = new BigUint64Array(Deno.readFileSync(path).buffer);
    return [wanted, seq, sleep].map(Number);
  };
  assertEquals(words(), [1, 1, 1], "one is the least that can serve");
  assertEquals(words(), [1, 2, 1]);
  file.request(3);
  assertEquals(Number(new BigUint64Array(Deno.readFileSync(path).buffer)[6]), 0);
  for (const isDeep of [false, true]) {
    file.setDeepSleep(isDeep);
    assertEquals(Number(new BigUint64Array(Deno.readFileSync(path).buffer)[7]), isDeep ? 2 : 1);
  }
  assertEquals(words(), [1, 4, 2]);
  file.close();
});

Deno.test("A master that is not ready has confirmed nothing: it has no signal handlers yet", () => {
  using folder = temporaryFolder();
  const file = new ArbiterFile(`${folder.path}/arbiter`, 77);
  store(`${folder.path}/arbiter`, { ...published, 33: 0 });
  assertEquals(file.read()?.readyNs, undefined);
  assertEquals(file.read()?.confirmed, 4);
  assertEquals(file.confirmed(), undefined);
  file.close();
});

const damaged: [string, Record<number, Word>][] = [
  ["another magic", { 0: "GAARB002" }],
  ["no master", { 16: 0 }],
  ["a master that is no pid", { 16: 2 ** 40 }],
  ["a negative master", { 16: -1 }],
  ["an absurd count", { 17: 100_001 }],
  ["a negative count", { 17: -1 }],
  ["absurdly many alive", { 20: -5 }],
  ["an absurd number in gunicorn's configuration", { 31: 2 ** 40 }],
];
for (const [what, words] of damaged) {
  Deno.test(`An arbiter file with ${what} is not believed`, () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/arbiter`;
    const file = new ArbiterFile(path, 77);
    store(path, { ...published, ...words });
    assertEquals(file.read(), undefined);
    file.close();
  });
}

Deno.test("Odd words in an arbiter file are bounded: an unknown kind, no slots, more draining than alive", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  store(path, { ...published, 21: 99, 26: 200, 27: 0 });
  const arbiter = file.read()!;
  assertEquals([arbiter.draining, arbiter.kind, arbiter.slots], [5, "unknown", 1]);
  store(path, { 27: -1 });
  assertEquals(file.read()!.slots, 1_000_000);
  file.close();
});

Deno.test("A removed arbiter file still works, a truncated one reads as nothing", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  store(path, published);
  const other = Deno.openSync(path, { write: true });
  Deno.removeSync(path);
  assertEquals(file.read()?.confirmed, 4);
  file.request(5);
  other.truncateSync(100);
  assertEquals(file.read(), undefined);
  other.close();
  file.close();
});

Deno.test("An arbiter file is never made over something that is there, be it a link", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  Deno.symlinkSync(`${folder.path}/elsewhere`, path);
  assertThrows(() => new ArbiterFile(path, 77), Error, `Cannot create ${path}: `);
  assertThrows(() => Deno.statSync(`${folder.path}/elsewhere`), Deno.errors.NotFound);
  assertThrows(() => new ArbiterFile(`${folder.path}/missing/arbiter`, 77), Error, "--runtime-dir");
});

Deno.test("The probe's own code reads our wishes and we read its answers", async () => {
  using folder = temporaryFolder();
  const file = new ArbiterFile(`${folder.path}/arbiter`, Deno.pid);
  file.request(6);
  const printed = await probePython(`
from gunicorn_autoscaler_probe import words as w
from gunicorn_autoscaler_probe.master.arbiter_file import ArbiterFile
file = ArbiterFile(${JSON.stringify(folder.path)})
is_claimed = file.claim()
seq, wanted = file.wanted()
file._words[w.A_MASTER_PID] = 123
file.publish_workers(6, 1, 8)
file.publish_boot_failures(2, 55)
file.confirm(wanted, seq)
file.publish_configured(2)
file.publish_ready()
print(seq, wanted, is_claimed and file.is_obeying())`);
  assertEquals(printed, "1 6 True");
  const arbiter = file.read()!;
  assertEquals(file.confirmed(), { workers: 6, seq: 1 });
  assertEquals(
    [arbiter.masterPid, arbiter.alive, arbiter.draining, arbiter.spawned, arbiter.bootFailures],
    [123, 6, 1, 8, 2],
  );
  assertEquals([arbiter.lastBootFailureNs, arbiter.configured], [55, 2]);
  file.close();
});

Deno.test("A daemon and the next master are read, and what a master that is gone has published is forgotten", () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/arbiter`;
  const file = new ArbiterFile(path, 77);
  assertEquals([file.daemon(), file.successor()], [undefined, 0]);
  store(path, { ...published, 40: 4321, 45: 1, 46: 4400 });
  assertEquals([file.daemon(), file.successor()], [{ keepsStreams: false }, 4400]);
  store(path, { 45: 2 });
  assertEquals(file.daemon(), { keepsStreams: true });
  assertEquals([file.read()?.masterPid, file.claimed()?.pid], [4321, 4321]);
  file.forgetMaster();
  assertEquals([file.read(), file.claimed(), file.successor()], [undefined, undefined, 0]);
  file.close();
});
