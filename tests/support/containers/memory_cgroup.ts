/** A control group with a memory limit, where this machine lets us make one. */
export interface MemoryCgroup extends Disposable {
  /** Writing a pid here puts the process into the group. */
  readonly procs: string;
  /** Memory that its processes take, page cache included. */
  usedBytes(): number;
  /** Times the kernel killed a process of the group because memory ran out. */
  oomKills(): number;
}

const ROOT = "/sys/fs/cgroup";

/** Makes the group (version 2, then 1); undefined where that is not allowed. It must be empty again when disposed. */
export function memoryCgroup(limitBytes: number): MemoryCgroup | undefined {
  const name = `ga-test-${crypto.randomUUID().slice(0, 8)}`;
  const forms = [
    { dir: `${ROOT}/${name}`, limit: "memory.max", events: "memory.events", used: "memory.current" },
    {
      dir: `${ROOT}/memory/${name}`,
      limit: "memory.limit_in_bytes",
      events: "memory.oom_control",
      used: "memory.usage_in_bytes",
    },
  ];
  for (const { dir, limit, events, used } of forms) {
    try {
      Deno.mkdirSync(dir);
    } catch {
      continue;
    }
    try {
      Deno.writeTextFileSync(`${dir}/${limit}`, String(limitBytes), { create: false });
    } catch {
      Deno.removeSync(dir);
      continue;
    }
    return {
      procs: `${dir}/cgroup.procs`,
      usedBytes: () => Number(Deno.readTextFileSync(`${dir}/${used}`)),
      oomKills: () => Number(/^oom_kill (\d+)$/m.exec(Deno.readTextFileSync(`${dir}/${events}`))?.[1] ?? 0),
      [Symbol.dispose]: () => Deno.removeSync(dir),
    };
  }
  return undefined;
}
