import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { known } from "../../../src/core/sample.ts";
import { Processes } from "../../../src/sensors/machine/processes.ts";
import { FakeRoot } from "./fake_root.ts";

const MASTER = 50;

interface FakeProcess {
  readonly ppid?: number;
  readonly state?: string;
  readonly ticks?: number;
  readonly threads?: number;
  readonly waitNs?: number;
  readonly pssKb?: number;
  readonly command?: string;
  readonly environment?: string;
  readonly rssPages?: number;
}

/** Writes the files of a process; those not named stay as they are. */
function put(root: FakeRoot, pid: number, process: FakeProcess): void {
  const { ppid = MASTER, state = "S", ticks = 0, threads = 1, waitNs, pssKb, command, environment } = process;
  const { rssPages = 0 } = process;
  root.write({
    [`proc/${pid}/stat`]:
      `${pid} (gunicorn) ${state} ${ppid} 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 ${threads} 0 1000 0 ${rssPages} 0`,
  });
  if (waitNs !== undefined) root.write({ [`proc/${pid}/schedstat`]: `1000 ${waitNs} 5\n` });
  if (pssKb !== undefined) root.write({ [`proc/${pid}/smaps_rollup`]: `Rss: 1 kB\nPss:   ${pssKb} kB\n` });
  if (command !== undefined) root.write({ [`proc/${pid}/cmdline`]: command });
  if (environment !== undefined) root.write({ [`proc/${pid}/environ`]: environment });
}

function cpuOf(processes: Processes, pids: number[], nowMs: number) {
  const { cpu } = processes.read(pids, nowMs);
  if (!known(cpu)) throw new Error("the CPU is unknown");
  return cpu;
}

const round = (n: number | "unknown") => known(n) ? Math.round(n * 1000) / 1000 : n;

Deno.test("Workers' cores are their CPU time of the last second", () => {
  using root = new FakeRoot({});
  put(root, 51, { ticks: 1000 });
  put(root, 52, { ticks: 70 });
  const processes = new Processes(root.path);
  assertEquals(cpuOf(processes, [51, 52], 0).workerCores, 0, "one reading is no rate");
  for (let i = 1; i <= 20; i++) {
    put(root, 51, { ticks: 1000 + 8 * i });
    put(root, 52, { ticks: 70 + 2 * Math.min(i, 5) });
    processes.read([51, 52], 100 * i);
  }
  put(root, 51, { ticks: 1168 });
  const cpu = cpuOf(processes, [51, 52], 2100);
  assertEquals(
    [round(cpu.workerCores), round(cpu.busiestWorkerCores)],
    [0.8, 0.8],
    "52 stopped a second ago",
  );
  processes.close();
});

Deno.test("A worker seen for less than 300 ms is not named the busiest: a tick of 10 ms would be a tenth of a core", () => {
  using root = new FakeRoot({});
  put(root, 51, { ticks: 0 });
  const processes = new Processes(root.path);
  processes.read([51], 0);
  put(root, 51, { ticks: 10 });
  assertEquals(round(cpuOf(processes, [51], 100).busiestWorkerCores), 0);
  put(root, 51, { ticks: 30 });
  assertEquals(round(cpuOf(processes, [51], 300).busiestWorkerCores), 1);
  processes.close();
});

Deno.test("Waiting cores are the growth of the run-queue waits, of all threads where there are more", () => {
  using root = new FakeRoot({});
  put(root, 51, { waitNs: 5e9 });
  put(root, 52, { threads: 2, waitNs: 1 });
  root.write({
    "proc/52/task/52/schedstat": "9 1000000000 1\n",
    "proc/52/task/60/schedstat": "9 2000000000 1\n",
  });
  const processes = new Processes(root.path);
  processes.read([51, 52], 0);
  put(root, 51, { waitNs: 5.1e9 });
  root.write({
    "proc/52/task/52/schedstat": "9 1100000000 1\n",
    "proc/52/task/60/schedstat": "9 2300000000 1\n",
  });
  assertEquals(round(cpuOf(processes, [51, 52], 1000).waitingCores), 0.5);
  processes.close();
});

Deno.test("Where the kernel keeps no waits they are unknown", () => {
  using root = new FakeRoot({});
  put(root, 51, {});
  const processes = new Processes(root.path);
  assertEquals(cpuOf(processes, [51], 0).waitingCores, "unknown");
  processes.close();
});

Deno.test("The waits of many threads are spread over calls", () => {
  using root = new FakeRoot({});
  for (const pid of [51, 52, 53]) {
    put(root, pid, { threads: 20 });
    root.write({ [`proc/${pid}/task/${pid}/schedstat`]: "9 0 1\n" });
  }
  const processes = new Processes(root.path);
  const told = (nowMs: number) =>
    processes.read([51, 52, 53], nowMs).workers.filter((worker) => known(worker.waitingCores)).length;
  assertEquals([told(0), told(100), told(200)], [1, 2, 3]);
  processes.close();
});

Deno.test("Memory is read of one worker a call, soon again, when it has served, and then every 30 s", () => {
  using root = new FakeRoot({});
  put(root, 51, { pssKb: 1000 });
  put(root, 52, { pssKb: 3000 });
  const processes = new Processes(root.path);
  const bytes = (nowMs: number) =>
    processes.read([51, 52], nowMs).workers.map((w) => known(w.bytes) ? w.bytes / 1024 : 0);
  assertEquals(bytes(0), [1000, 0]);
  assertEquals(bytes(100), [1000, 3000]);
  put(root, 51, { pssKb: 5000 });
  put(root, 52, { pssKb: 7000 });
  assertEquals(bytes(1900), [1000, 3000]);
  assertEquals(bytes(2100), [5000, 3000]);
  assertEquals(bytes(2200), [5000, 7000]);
  put(root, 51, { pssKb: 9000 });
  put(root, 52, { pssKb: 9000 });
  assertEquals(bytes(12_050), [5000, 7000]);
  assertEquals(bytes(12_200), [9000, 7000]);
  assertEquals(bytes(12_300), [9000, 9000]);
  put(root, 51, { pssKb: 11_000 });
  assertEquals(bytes(41_000), [9000, 9000]);
  assertEquals(bytes(42_300), [11_000, 9000]);
  processes.close();
});

Deno.test("A worker from a fork server counts its private pages; PSS where the kernel does not tell them", () => {
  using root = new FakeRoot({});
  put(root, 51, { pssKb: 1000 });
  put(root, 52, { pssKb: 3000 });
  const rollup = `Pss: 5000 kB\nShared_Dirty: 900 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty:  96 kB\n`;
  root.write({ "proc/51/smaps_rollup": rollup });
  const processes = new Processes(root.path);
  const weigh = (pid: number, nowMs: number, isShared: boolean) => {
    for (let ms = nowMs; ms <= nowMs + 2_000; ms += 100) {
      processes.read([pid], ms, isShared, new Map([[pid, true]]));
    }
    return processes.expected.workerBytes;
  };
  assertEquals(weigh(51, 0, true), 100 * 1024);
  assertEquals(weigh(51, 5_000, false), 5000 * 1024);
  assertEquals(weigh(52, 10_000, true), 3000 * 1024);
  processes.close();
});

Deno.test("What comes to a worker's memory shows at once, and has it weighed again", () => {
  using root = new FakeRoot({});
  const processes = new Processes(root.path);
  const bytes = (nowMs: number) => processes.read([51], nowMs).workers[0]!.bytes;
  put(root, 51, { pssKb: 1000, rssPages: 500 });
  assertEquals(bytes(0), 1000 * 1024);
  put(root, 51, { pssKb: 3000, rssPages: 600 });
  assertEquals(bytes(100), 1000 * 1024 + 100 * 4096);
  put(root, 51, { pssKb: 90_000, rssPages: 25_000 });
  assertEquals(bytes(200), 90_000 * 1024);
  processes.close();
});

Deno.test("Without smaps_rollup, or of a large process, its own pages stand in; without all the memory is unknown", () => {
  using root = new FakeRoot({
    "proc/51/status": "RssAnon:\t 400 kB\n",
    "proc/53/statm": "900000 400000 100000 1 0 1 0\n",
  });
  put(root, 51, {});
  put(root, 52, {});
  put(root, 53, { pssKb: 7, rssPages: 400_000 });
  const processes = new Processes(root.path);
  const bytes = (pid: number) => processes.read([pid], pid).workers[0]!.bytes;
  assertEquals([52, 51, 53].map(bytes), ["unknown", 400 * 1024, 300_000 * 4096]);
  assertEquals(processes.read([52], 100).workerBytes, "unknown");
  processes.close();
});

const MIB = 2 ** 20;

Deno.test("A worker is expected to take what a used one keeps: not its first moment, the heaviest, over reloads", () => {
  using root = new FakeRoot({});
  const processes = new Processes(root.path);
  const weigh = (pids: number[], served: number[], nowMs: number) => {
    processes.read(pids, nowMs, false, new Map(served.map((pid) => [pid, true])));
    const { workerBytes, isAssumed, reservedBytes } = processes.expected;
    return [workerBytes as number / MIB, isAssumed, reservedBytes as number / MIB];
  };
  put(root, 51, { pssKb: 30 * 1024, rssPages: 10_000 });
  assertEquals(weigh([51], [], 0), [400, true, 370]);
  assertEquals(weigh([51], [], 60_000), [400, true, 370], "it has served nothing");
  put(root, 51, { pssKb: 300 * 1024, rssPages: 80_000 });
  weigh([51], [51], 60_100);
  for (let ms = 60_200; ms < 63_000; ms += 100) weigh([51], [51], ms);
  assertEquals(weigh([51], [51], 63_000), [300, false, 0]);
  // A reload: the new worker is light, and is expected to get as heavy.
  put(root, 52, { pssKb: 30 * 1024, rssPages: 10_000 });
  const [bytes, isAssumed, reserved] = weigh([52], [], 63_100);
  assertEquals([Math.round(bytes as number), isAssumed, Math.round(reserved as number)], [300, false, 270]);
  // Half of it is forgotten after six hours.
  assertEquals(Math.round(weigh([52], [], 63_100 + 6 * 3_600_000)[0] as number), 150);
  processes.close();
});

Deno.test("A worker whose first request takes long counts as used", () => {
  using root = new FakeRoot({});
  const processes = new Processes(root.path);
  put(root, 51, { pssKb: 30 * 1024, rssPages: 10_000 });
  for (let ms = 0; ms < 10_000; ms += 1_000) processes.read([51], ms, false, new Map([[51, false]]));
  assertEquals(processes.expected.isAssumed, true);
  processes.read([51], 10_000, false, new Map([[51, false]]));
  assertEquals([processes.expected.workerBytes, processes.expected.isAssumed], [30 * MIB, false]);
  processes.close();
});

Deno.test("A worker that has served and now loads more and more is weighed once that is over", () => {
  using root = new FakeRoot({});
  const processes = new Processes(root.path);
  const served = new Map([[51, true]]);
  const pages = (ms: number) => 8_000 + Math.max(0, Math.min(1_500, ms - 700)) * 25; // 100 MiB a second, 147 MiB in all
  const weigh = (ms: number) => {
    const rssPages = pages(ms);
    put(root, 51, { pssKb: 4 * rssPages, rssPages });
    processes.read([51], ms, false, served);
    return processes.expected;
  };
  for (let ms = 0; ms <= 3_000; ms += 100) assertEquals(weigh(ms).isAssumed, true, `after ${ms} ms`);
  for (let ms = 3_100; ms <= 4_500; ms += 100) weigh(ms);
  assertEquals([weigh(4_600).isAssumed, weigh(4_600).workerBytes], [false, 4 * 1024 * pages(4_600)]);
  processes.close();
});

Deno.test("What a request takes for a moment is not expected of others", () => {
  using root = new FakeRoot({});
  const processes = new Processes(root.path);
  const at = (rssPages: number, nowMs: number) => {
    put(root, 51, { pssKb: rssPages * 4, rssPages });
    return processes.read([51], nowMs, false, new Map([[51, true]])).workerBytes;
  };
  for (let ms = 0; ms <= 2_000; ms += 100) at(10_000, ms);
  assertEquals(at(200_000, 2_100), 200_000 * 4096);
  put(root, 52, { pssKb: 4, rssPages: 1 });
  const { workerBytes } = processes.read([52], 2_300, false, new Map());
  assertEquals(Math.round(workerBytes as number / 4096), 10_000);
  processes.close();
});

Deno.test("A worker that is gone, or no longer ready, counts no more", () => {
  using root = new FakeRoot({});
  put(root, 51, {});
  put(root, 52, {});
  const processes = new Processes(root.path);
  processes.read([51, 52], 0);
  put(root, 51, { ticks: 100 });
  put(root, 52, { ticks: 100 });
  assertEquals(round(cpuOf(processes, [51], 1000).workerCores), 1);
  assertEquals(processes.read([99], 1100), {
    cpu: "unknown",
    workerBytes: "unknown",
    heldBytes: 0,
    workers: [],
  });
  processes.close();
});

Deno.test("A worker's row has state, threads and cores", () => {
  using root = new FakeRoot({});
  put(root, 51, { state: "D", threads: 4 });
  const processes = new Processes(root.path);
  assertEquals(processes.read([51], 0).workers, [
    { pid: 51, state: "D", threads: 4, cores: 0, waitingCores: "unknown", bytes: "unknown" },
  ]);
  processes.close();
});

const COMMAND = "/usr/bin/python3\0/usr/bin/gunicorn\0app:app\0";

Deno.test("The master's children are its workers, but for other programs, the next master and the dead", () => {
  using root = new FakeRoot({ "proc/50/task/50/children": "51 52 53 54 55 56 " });
  put(root, MASTER, { command: COMMAND });
  put(root, 51, { command: COMMAND, environment: "PATH=/bin\0" });
  put(root, 52, { command: COMMAND, environment: "A=1\0GUNICORN_PID=50\0" });
  put(root, 53, { command: "/bin/sh\0-c\0true\0" });
  put(root, 54, { command: COMMAND, state: "Z" });
  put(root, 55, { command: "gunicorn: worker [shop]\0" });
  put(root, 56, { command: "" });
  assertEquals(new Processes(root.path).children(MASTER), [51, 55, 56]);
});

Deno.test("A worker keeps the master's signal handlers under any title; another program has lost them", () => {
  using root = new FakeRoot({ "proc/50/task/50/children": "51 52 53 " });
  const handlers = (pid: number, mask: string) =>
    root.write({ [`proc/${pid}/status`]: `SigCgt:\t${mask}\n` });
  put(root, MASTER, { command: COMMAND });
  put(root, 51, { command: "[ready] gunicorn: worker\0" });
  put(root, 52, { command: COMMAND });
  put(root, 53, { command: "shop 53\0", environment: "GUNICORN_PID=50\0" });
  for (const pid of [MASTER, 51, 53]) handlers(pid, "0000000000314000");
  handlers(52, "0000000000000002");
  assertEquals(new Processes(root.path).children(MASTER), [51]);
});

Deno.test("A child that executes another program after its fork stops being a worker", () => {
  using root = new FakeRoot({ "proc/50/task/50/children": "51 " });
  put(root, MASTER, { command: COMMAND });
  put(root, 51, { command: COMMAND });
  const processes = new Processes(root.path);
  assertEquals(processes.children(MASTER), [51]);
  put(root, 51, { command: COMMAND, environment: "GUNICORN_PID=50\0" });
  assertEquals(processes.children(MASTER), []);
});

Deno.test("With slots at hand only children with a slot are workers", () => {
  using root = new FakeRoot({ "proc/50/task/50/children": "51 52 53 " });
  const processes = new Processes(root.path);
  assertEquals(processes.children(MASTER, [51, 53, 77]), [51, 53]);
  assertEquals(processes.children(99, [51]), [51], "no list of children: the slots stand");
});

Deno.test("A worker with a slot counts while it is the master's child, even if the kernel's list lacks it", () => {
  using root = new FakeRoot({ "proc/50/task/50/children": "52 " });
  put(root, 51, {});
  put(root, 53, { state: "Z" });
  put(root, 54, { ppid: 1 });
  assertEquals(new Processes(root.path).children(MASTER, [54, 53, 52, 51]), [51, 52]);
});

Deno.test("A kernel without lists of children is searched by parent, but not at every call", () => {
  using root = new FakeRoot({ "proc/self/x": "", "proc/meminfo": "" });
  put(root, MASTER, { ppid: 1, command: COMMAND });
  put(root, 51, { command: COMMAND });
  put(root, 52, { ppid: 51, command: COMMAND });
  const processes = new Processes(root.path);
  assertEquals(processes.children(MASTER), [51]);
  put(root, 53, { command: COMMAND });
  assertEquals(processes.children(MASTER), [51]);
  for (let i = 0; i < 8; i++) processes.children(MASTER);
  assertEquals(processes.children(MASTER), [51, 53]);
});

Deno.test("On this machine a busy child is a busy core, and its memory is known", async () => {
  const child = new Deno.Command("python3", {
    args: ["-c", "print(flush=True)\nwhile True: pass"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const processes = new Processes();
  assertEquals(
    processes.children(Deno.pid).includes(child.pid),
    false,
    "it is no worker: it runs another program",
  );
  const begun = performance.now();
  let reading = processes.read([child.pid], 0);
  while (performance.now() - begun < 600) {
    await delay(50);
    reading = processes.read([child.pid], performance.now() - begun);
  }
  assert(known(reading.cpu) && known(reading.workerBytes));
  const { workerCores, waitingCores } = reading.cpu as { workerCores: number; waitingCores: number };
  assert(
    workerCores + waitingCores > 0.7 && workerCores < 1.2,
    `${workerCores} used, ${waitingCores} waiting`,
  );
  assert((reading.workerBytes as number) > 1e6);
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  assertEquals(processes.read([child.pid], 700).cpu, "unknown");
  processes.close();
});

Deno.test("before there is a master there are no workers, though the kernel's own processes have no parent", () => {
  using root = new FakeRoot({});
  put(root, 1, { ppid: 0 });
  put(root, 2, { ppid: 0 });
  assertEquals(new Processes(root.path).children(0), []);
});
