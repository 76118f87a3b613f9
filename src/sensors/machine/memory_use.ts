import type { Maybe, Memory } from "../../core/sample.ts";
import { readText } from "../text_file.ts";
import type { Cgroup, MemoryLimit } from "./cgroup.ts";
import { parseMeminfo } from "./machine_files.ts";

/** Memory in use. */
export interface MemoryUse {
  /** Against the limit with the least room: of a control group, or the machine's own memory. */
  readonly tightest: Maybe<Pick<Memory, "limitBytes" | "usedBytes">>;
  /** Of our own control group alone. */
  readonly own: NonNullable<Memory["own"]>;
}

/** Reads how much memory is in use. `root` stands before /proc. */
export function readMemoryUse(cgroup: Cgroup, limits: readonly MemoryLimit[], root = ""): MemoryUse {
  const machine = parseMeminfo(readText(`${root}/proc/meminfo`) ?? "");
  let tightest: { limitBytes: number; usedBytes: number } | undefined;
  if (machine !== undefined) tightest = { limitBytes: machine.totalBytes, usedBytes: machine.usedBytes };
  let own: MemoryUse["own"] = "unknown";
  for (const limit of limits) {
    const usedBytes = cgroup.memoryUse(limit);
    if (usedBytes === undefined) continue;
    if (cgroup.isOwn(limit)) own = { limitBytes: limit.limitBytes, usedBytes };
    if (tightest === undefined || limit.limitBytes - usedBytes < tightest.limitBytes - tightest.usedBytes) {
      tightest = { limitBytes: limit.limitBytes, usedBytes };
    }
  }
  return { tightest: tightest ?? "unknown", own };
}

/** Memory that is free below the tightest limit. */
export function freeBytes(cgroup: Cgroup, root = ""): Maybe<number> {
  const { tightest } = readMemoryUse(cgroup, cgroup.memoryLimits(), root);
  return tightest === "unknown" ? tightest : Math.max(0, tightest.limitBytes - tightest.usedBytes);
}
