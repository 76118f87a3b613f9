import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { known } from "../../../src/core/sample.ts";
import { Machine } from "../../../src/sensors/machine/machine.ts";
import { parseBusyTicks, parseCpuList } from "../../../src/sensors/machine/machine_files.ts";
import { type FakeFiles, FakeRoot } from "./fake_root.ts";

const MIB = 1024 * 1024;
const V2 = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const V1 = `32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu
33 31 0:30 / /cg/cpuacct rw - cgroup cgroup rw,cpuacct
35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory
`;

/** /proc/stat of a machine whose CPUs have been busy for so many ticks. */
function stat(...busy: number[]): string {
  const all = busy.reduce((sum, ticks) => sum + ticks, 0);
  return [
    `cpu  ${all} 0 0 9999 0 0 0 0 0 0`,
    ...busy.map((ticks, cpu) => `cpu${cpu} ${ticks} 0 0 5000 77 0 0 0 3 0`),
    "intr 12345 0 0",
    "ctxt 1",
  ].join("\n");
}

function meminfo(totalMib: number, availableMib: number): string {
  return `MemTotal:       ${totalMib * 1024} kB\nMemFree:        1 kB\nMemAvailable:   ${
    availableMib * 1024
  } kB\n`;
}

/** A machine of four CPUs and 8 GiB, half of it in use, and these files. */
function fakeMachine(files: FakeFiles): FakeRoot {
  return new FakeRoot({
    "proc/self/status": "Name:\tdeno\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\n",
    "proc/stat": stat(0, 0, 0, 0),
    "proc/meminfo": meminfo(8192, 4096),
    ...files,
  });
}

function cpuOf(machine: Machine, nowMs: number) {
  const { cpu } = machine.read(nowMs);
  if (!known(cpu)) throw new Error("the CPU is unknown");
  return { ...cpu, usedCores: Math.round(cpu.usedCores * 1000) / 1000 };
}

Deno.test("Without control groups the machine itself is the limit", () => {
  using root = fakeMachine({});
  const machine = new Machine(root.path);
  assertEquals(machine.read(0), {
    cpu: "unknown",
    memory: { limitBytes: 8192 * MIB, usedBytes: 4096 * MIB },
    oomKills: "unknown",
  }, "one reading tells no use of CPU yet");
  root.write({ "proc/stat": stat(100, 50, 0, 0) });
  assertEquals(cpuOf(machine, 1000), { limitCores: 4, usedCores: 1.5, throttledShare: 0 });
  assertEquals(machine.limits().coresFrom, "the CPUs this process may use");
});

Deno.test("memory in use is read at once when workers have taken some, else four times a second", () => {
  const meminfo = (freeMib: number) => `MemTotal: ${1000 * 1024} kB\nMemAvailable: ${freeMib * 1024} kB\n`;
  using root = fakeMachine({ "proc/meminfo": meminfo(900) });
  const machine = new Machine(root.path);
  const usedMib = (nowMs: number, workersMib: number) => {
    const { memory } = machine.read(nowMs, workersMib * 2 ** 20);
    return memory === "unknown" ? memory : memory.usedBytes / 2 ** 20;
  };
  assertEquals(usedMib(0, 20), 100);
  root.write({ "proc/meminfo": meminfo(700) });
  assertEquals([usedMib(100, 27), usedMib(200, 28)], [100, 300]);
});

Deno.test("Of the machine only the CPUs count that this process may use and that are there", () => {
  using root = fakeMachine({
    "proc/self/status": "Cpus_allowed_list:\t1,3-127\n",
    "sys/devices/system/cpu/online": "0-3\n",
  });
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "proc/stat": stat(100, 40, 100, 30) });
  assertEquals(cpuOf(machine, 1000), { limitCores: 2, usedCores: 0.7, throttledShare: 0 });
});

Deno.test("Where /proc does not tell the CPUs, the number given is taken", () => {
  using root = new FakeRoot({});
  assertEquals(new Machine(root.path, 6).limits().cores, 6);
  assertEquals(new Machine(root.path, 6).read(0), { cpu: "unknown", memory: "unknown", oomKills: "unknown" });
});

Deno.test("Version 2: the lowest quota up the tree limits, and its group's use and throttling count", () => {
  const folder = "sys/fs/cgroup/pods/shop";
  const use = (usec: number, periods: number, throttled: number) =>
    `usage_usec ${usec}\nuser_usec 1\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 5\n`;
  using root = fakeMachine({
    "proc/self/cgroup": "0::/pods/shop\n",
    "proc/self/mountinfo": V2,
    [`${folder}/cpu.max`]: "max 100000\n",
    [`${folder}/cpu.stat`]: use(0, 0, 0),
    "sys/fs/cgroup/pods/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/pods/cpu.stat": use(5_000_000, 100, 10),
  });
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "sys/fs/cgroup/pods/cpu.stat": use(5_600_000, 110, 14), "proc/stat": stat(60, 0, 0, 0) });
  assertEquals(cpuOf(machine, 1000), { limitCores: 1.5, usedCores: 0.6, throttledShare: 0.4 });
  assertEquals(machine.limits().coresFrom, "control group /sys/fs/cgroup/pods");
  assertEquals(machine.limits().cores, 1.5);
});

Deno.test("Version 1: quota, use and throttling come from their own trees", () => {
  using root = fakeMachine({
    "proc/self/cgroup": "3:memory:/\n2:cpuacct:/shop\n1:cpu:/shop\n",
    "proc/self/mountinfo": V1,
    "cg/cpu/cpu.cfs_quota_us": "-1\n",
    "cg/cpu/cpu.cfs_period_us": "100000\n",
    "cg/cpu/shop/cpu.cfs_quota_us": "50000\n",
    "cg/cpu/shop/cpu.cfs_period_us": "100000\n",
    "cg/cpu/shop/cpu.stat": "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n",
    "cg/cpuacct/shop/cpuacct.usage": "1000000000\n",
  });
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({
    "cg/cpu/shop/cpu.stat": "nr_periods 20\nnr_throttled 10\nthrottled_time 9\n",
    "cg/cpuacct/shop/cpuacct.usage": "1450000000\n",
  });
  assertEquals(cpuOf(machine, 1000), { limitCores: 0.5, usedCores: 0.45, throttledShare: 1 });
});

/** A fake machine whose top control group, of version 2, has a quota of so many cores and has used nothing. */
function machineWithQuota(cores: number) {
  return fakeMachine({
    "proc/self/cgroup": "0::/\n",
    "proc/self/mountinfo": V2,
    "sys/fs/cgroup/cpu.max": `${cores * 100_000} 100000\n`,
    "sys/fs/cgroup/cpu.stat": "usage_usec 0\n",
  });
}

Deno.test("A quota above the machine's cores is none, and the machine's use counts", () => {
  using root = machineWithQuota(16);
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "proc/stat": stat(100, 100, 90, 10), "sys/fs/cgroup/cpu.stat": "usage_usec 100000\n" });
  assertEquals(cpuOf(machine, 1000), { limitCores: 4, usedCores: 3, throttledShare: 0 });
});

Deno.test("Neighbours that keep the CPUs busy leave less than the quota does", () => {
  using root = machineWithQuota(2);
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "proc/stat": stat(80, 80, 80, 80), "sys/fs/cgroup/cpu.stat": "usage_usec 500000\n" });
  assertEquals(cpuOf(machine, 1000), { limitCores: 2, usedCores: 1.2, throttledShare: 0 });
});

Deno.test("The CPU is read four times a second and no more", () => {
  using root = fakeMachine({});
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "proc/stat": stat(100, 0, 0, 0) });
  assertEquals(machine.read(100).cpu, "unknown");
  assertEquals(known(machine.read(250).cpu), true);
});

Deno.test("A quota that is changed while we run is seen within 5 s", () => {
  using root = fakeMachine({
    "proc/self/cgroup": "0::/\n",
    "proc/self/mountinfo": V2,
    "sys/fs/cgroup/cpu.max": "200000 100000\n",
  });
  const machine = new Machine(root.path);
  machine.read(0);
  root.write({ "sys/fs/cgroup/cpu.max": "100000 100000\n" });
  assertEquals(cpuOf(machine, 1000).limitCores, 2);
  assertEquals(cpuOf(machine, 5000).limitCores, 1);
});

Deno.test("CPUs that are given or taken while we run are not taken for a machine whose CPUs are all busy", () => {
  using root = fakeMachine({
    "proc/self/status": "Cpus_allowed_list:\t0-1\n",
    "proc/stat": stat(500_000, 500_000, 500_000, 500_000),
  });
  const machine = new Machine(root.path);
  machine.read(0);
  assertEquals(cpuOf(machine, 1_000).usedCores, 0);
  root.write({ "proc/self/status": "Cpus_allowed_list:\t0-3\n" });
  machine.read(6_000);
  root.write({ "proc/stat": stat(500_050, 500_000, 500_000, 500_000) });
  assertEquals(cpuOf(machine, 6_500), { limitCores: 4, usedCores: 1, throttledShare: 0 });
});

Deno.test("A process that is moved to another group while it runs is followed within 5 s", () => {
  using root = fakeMachine({
    "proc/self/cgroup": "0::/small\n",
    "proc/self/mountinfo": V2,
    "sys/fs/cgroup/small/cpu.max": "100000 100000\n",
    "sys/fs/cgroup/large/cpu.max": "300000 100000\n",
  });
  const machine = new Machine(root.path);
  machine.read(0);
  assertEquals(cpuOf(machine, 1000).limitCores, 1);
  root.write({ "proc/self/cgroup": "0::/large\n" });
  assertEquals(cpuOf(machine, 5000).limitCores, 3);
});

const memory: [what: string, files: FakeFiles, limitMib: number, usedMib: number][] = [
  [
    "version 2: page cache that is not in use does not count",
    {
      "sys/fs/cgroup/shop/memory.max": `${512 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.current": `${300 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.stat": `anon 1\ninactive_file ${100 * MIB}\n`,
    },
    512,
    200,
  ],
  [
    "version 2: memory.high below memory.max",
    {
      "sys/fs/cgroup/shop/memory.max": `${512 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.high": `${400 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.current": `${300 * MIB}\n`,
    },
    400,
    300,
  ],
  [
    "version 2: a parent with less room than the own group",
    {
      "sys/fs/cgroup/shop/memory.max": `${512 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.current": `${100 * MIB}\n`,
      "sys/fs/cgroup/memory.max": `${2048 * MIB}\n`,
      "sys/fs/cgroup/memory.current": `${2000 * MIB}\n`,
    },
    2048,
    2000,
  ],
  ["version 2 without limits: the machine", { "sys/fs/cgroup/shop/memory.max": "max\n" }, 8192, 4096],
  [
    "a limit with more room than the machine has",
    {
      "sys/fs/cgroup/shop/memory.max": `${7000 * MIB}\n`,
      "sys/fs/cgroup/shop/memory.current": `${100 * MIB}\n`,
    },
    8192,
    4096,
  ],
  [
    "version 1",
    {
      "proc/self/cgroup": "3:memory:/shop\n",
      "proc/self/mountinfo": V1,
      "cg/memory/shop/memory.limit_in_bytes": `${512 * MIB}\n`,
      "cg/memory/shop/memory.usage_in_bytes": `${300 * MIB}\n`,
      "cg/memory/shop/memory.stat": `inactive_file 1\ntotal_inactive_file ${50 * MIB}\n`,
      "cg/memory/memory.limit_in_bytes": "9223372036854771712\n",
    },
    512,
    250,
  ],
  [
    "version 1: a limit above what can be seen",
    {
      "proc/self/cgroup": "3:memory:/\n",
      "proc/self/mountinfo": V1,
      "cg/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "cg/memory/memory.usage_in_bytes": `${300 * MIB}\n`,
      "cg/memory/memory.stat": `hierarchical_memory_limit ${600 * MIB}\ntotal_inactive_file 0\n`,
    },
    600,
    300,
  ],
];

for (const [what, files, limitMib, usedMib] of memory) {
  Deno.test(`The memory of ${what}`, () => {
    using root = fakeMachine({ "proc/self/cgroup": "0::/shop\n", "proc/self/mountinfo": V2, ...files });
    const reading = new Machine(root.path).read(0);
    assertEquals(reading.memory, { limitBytes: limitMib * MIB, usedBytes: usedMib * MIB });
  });
}

Deno.test("The limits say where they come from", () => {
  using root = fakeMachine({
    "proc/self/cgroup": "0::/shop\n",
    "proc/self/mountinfo": V2,
    "sys/fs/cgroup/shop/memory.max": `${512 * MIB}\n`,
    "sys/fs/cgroup/shop/cpu.max": "300000 100000\n",
  });
  assertEquals(new Machine(root.path).limits(), {
    cores: 3,
    coresFrom: "control group /sys/fs/cgroup/shop",
    isWholeMachine: false,
    memoryBytes: 512 * MIB,
    memoryFrom: "control group /sys/fs/cgroup/shop",
  });
});

Deno.test("Processes killed because memory ran out are counted, in both versions", () => {
  using two = fakeMachine({
    "proc/self/cgroup": "0::/shop\n",
    "proc/self/mountinfo": V2,
    "sys/fs/cgroup/shop/memory.events": "low 0\noom 4\noom_kill 3\n",
  });
  assertEquals(new Machine(two.path).read(0).oomKills, 3);
  using one = fakeMachine({
    "proc/self/cgroup": "3:memory:/\n",
    "proc/self/mountinfo": V1,
    "cg/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  });
  assertEquals(new Machine(one.path).read(0).oomKills, 2);
});

Deno.test("CPU lists are read", () => {
  assertEquals([...parseCpuList("0-2,7\n")!], [0, 1, 2, 7]);
  for (const text of ["", "a", "1-", "-", "1,,2"]) assertEquals(parseCpuList(text), undefined, text);
});

Deno.test("Stolen time counts as busy, waiting for a disk and guests do not", () => {
  assertEquals(parseBusyTicks("cpu0 1 2 4 1000 1000 8 16 32 500 500\n", new Set([0])), 63);
  assertEquals(parseBusyTicks("cpu0 1 0 0 9\n", new Set([0])), 1, "old kernels have fewer columns");
  assertEquals(parseBusyTicks(stat(5, 6), new Set([9])), undefined);
});

Deno.test("This machine has cores and memory, and its use lies within them", async () => {
  const machine = new Machine();
  machine.read(0);
  await delay(300);
  const { cpu, memory } = machine.read(300);
  if (!known(cpu) || !known(memory)) throw new Error("unknown");
  assert(cpu.limitCores > 0 && cpu.usedCores >= 0);
  assertAlmostEquals(cpu.usedCores, cpu.limitCores / 2, cpu.limitCores / 2 + 1);
  assert(memory.limitBytes > memory.usedBytes && memory.usedBytes > 0);
});
