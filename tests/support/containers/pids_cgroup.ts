import { until } from "../wait.ts";

/** A control group with a limit of processes and threads, where this machine lets us make one. */
export interface PidsCgroup extends AsyncDisposable {
  /** Moves processes into it; what they start is in it too. */
  take(pids: readonly number[]): void;
  limit(most: number | "max"): void;
}

/** Makes the group (version 2, then 1); undefined where that is not allowed. Disposed, it waits until it is empty. */
export function pidsCgroup(): PidsCgroup | undefined {
  for (const root of ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"]) {
    const dir = `${root}/ga-test-${crypto.randomUUID().slice(0, 8)}`;
    try {
      Deno.mkdirSync(dir);
    } catch {
      continue;
    }
    const write = (name: string, value: string) =>
      Deno.writeTextFileSync(`${dir}/${name}`, value, { create: false });
    try {
      write("pids.max", "max");
    } catch {
      Deno.removeSync(dir);
      continue;
    }
    return {
      take: (pids) => pids.forEach((pid) => write("cgroup.procs", String(pid))),
      limit: (most) => write("pids.max", String(most)),
      [Symbol.asyncDispose]: async () => {
        await until(() => isRemoved(dir), { what: "an empty control group" });
      },
    };
  }
  return undefined;
}

function isRemoved(dir: string): boolean {
  try {
    Deno.removeSync(dir);
    return true;
  } catch {
    return false;
  }
}
