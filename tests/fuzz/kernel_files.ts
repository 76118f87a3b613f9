/** Files of /proc and control groups, and the kernel's answers over netlink. */
import * as cgroupValues from "../../src/sensors/machine/cgroup_values.ts";
import { cgroupFolders } from "../../src/sensors/machine/cgroup_paths.ts";
import * as machineFiles from "../../src/sensors/machine/machine_files.ts";
import * as processFiles from "../../src/sensors/machine/process_stat.ts";
import { parseDiagAnswer } from "../../src/sensors/queue/sock_diag.ts";
import { parseSocketTable } from "../../src/sensors/queue/socket_table.ts";
import { samplesOf } from "./corpus.ts";
import { type Fuzzer, mustHold, pick, type Random } from "./fuzzer.ts";
import { mutated } from "./random.ts";

const decoder = new TextDecoder();

/** A number that can be true of the thing: not negative, not NaN; undefined is "cannot be read". */
function possible(what: string, value: number | undefined): void {
  mustHold(value === undefined || value >= 0, () => `${what} ${value} is possible`);
}

export function kernelFileFuzzer(): Fuzzer {
  const proc = samplesOf("proc"), cgroup = samplesOf("cgroup"), netlink = samplesOf("netlink");
  const changed = (from: Map<string, Uint8Array>, name: string, random: Random) =>
    decoder.decode(mutated(from.get(name)!, random));
  const cpus = new Set([0, 1]);
  const readers: ((random: Random) => void)[] = [
    (random) => {
      const stat = processFiles.parseStat(changed(proc, "stat", random));
      for (const [name, value] of Object.entries(stat ?? {})) {
        if (typeof value === "number") possible(name, value);
      }
    },
    (random) =>
      possible("run-queue wait", processFiles.parseRunQueueWait(changed(proc, "schedstat", random))),
    (random) => possible("PSS", processFiles.parsePss(changed(proc, "smaps_rollup", random))),
    (random) => possible("anonymous memory", processFiles.parseAnonymous(changed(proc, "status", random))),
    (random) => {
      for (const pid of processFiles.parsePids(changed(proc, "children", random))) {
        mustHold(Number.isInteger(pid) && pid > 0, () => `${pid} is a pid`);
      }
    },
    (random) =>
      possible("busy ticks", machineFiles.parseBusyTicks(changed(proc, "machine_stat", random), cpus)),
    (random) => {
      const memory = machineFiles.parseMeminfo(changed(proc, "meminfo", random));
      if (memory === undefined) return;
      mustHold(memory.totalBytes > 0 && memory.usedBytes >= 0, () => JSON.stringify(memory));
    },
    (random) => {
      const allowed = machineFiles.parseAllowedCpus(changed(proc, "status", random)) ??
        machineFiles.parseCpuList(changed(proc, "children", random));
      mustHold((allowed?.size ?? 0) <= 1_000_000, () => `${allowed?.size} CPUs`);
    },
    (random) => {
      const name = pick(["net_tcp", "net_tcp6", "net_udp"], random);
      for (const row of parseSocketTable(changed(proc, name, random))) {
        mustHold(row.localPort >= 0 && row.localPort <= 65_535, () => `port ${row.localPort}`);
        mustHold(row.rxQueue >= 0 && row.rxQueue < 2 ** 32, () => `a queue of ${row.rxQueue}`);
        for (const value of [row.state, row.inode, row.drops]) possible("a column", value);
      }
    },
    (random) => {
      const cores = cgroupValues.parseCpuMax(
        changed(cgroup, pick(["cpu.max", "cpu.max-unlimited"], random), random),
      );
      mustHold(cores === undefined || cores > 0, () => `${cores} cores`);
    },
    (random) => {
      const cores = cgroupValues.parseCfsQuota(
        changed(cgroup, "cpu.cfs_quota_us", random),
        changed(cgroup, "cpu.cfs_period_us", random),
      );
      mustHold(cores === undefined || cores > 0, () => `${cores} cores`);
    },
    (random) =>
      possible("memory limit", cgroupValues.parseMemoryLimit(changed(cgroup, "memory.max", random))),
    (random) => possible("a whole number", cgroupValues.parseWhole(changed(cgroup, "memory.max", random))),
    (random) =>
      possible(
        "inactive_file",
        cgroupValues.parseKey(changed(cgroup, "memory.stat", random), "inactive_file"),
      ),
    (random) =>
      possible("nr_throttled", cgroupValues.parseKey(changed(cgroup, "cpu.stat", random), "nr_throttled")),
    (random) => {
      const version = pick(["v1", "v2"], random);
      const mounts = decoder.decode(cgroup.get(`mountinfo-${version}`));
      // With the kernel's own mounts no contents of the other file lead out of them.
      const found = cgroupFolders(
        changed(cgroup, `cgroup-${version}`, random),
        mounts,
        pick(["cpu", "memory"], random),
      );
      for (const folder of found?.folders ?? []) {
        mustHold(
          folder.startsWith("/sys/fs/cgroup") && !folder.split("/").includes(".."),
          () => `${folder} is inside`,
        );
      }
      cgroupFolders(
        changed(cgroup, `cgroup-${version}`, random),
        changed(cgroup, `mountinfo-${version}`, random),
        "memory",
      );
    },
    (random) => {
      const bytes = new Uint8Array(netlink.get("two_listeners.bin")!);
      for (let k = 0; k < 4; k++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const { rows } = parseDiagAnswer(bytes, Math.floor(random() * (bytes.length + 1)));
      mustHold(rows.length <= 3, () => `${rows.length} rows in two messages`);
      for (const row of rows) {
        for (const value of Object.values(row)) if (typeof value === "number") possible("a field", value);
      }
    },
  ];
  return {
    name: "/proc, control groups, netlink",
    unit: "files",
    one(random) {
      pick(readers, random)(random);
      return 1;
    },
  };
}
