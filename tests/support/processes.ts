/** What /proc says of processes: who is whose child, who still lives. */

/** One process. Pid and start time together name it for good: pids are used again, start times are not. */
export interface ProcessId {
  readonly pid: number;
  /** Start time in clock ticks since boot. */
  readonly startTicks: number;
}

interface Stat extends ProcessId {
  readonly ppid: number;
  /** R, S, D, Z, T ... */
  readonly state: string;
  /** User and system time, its own and that of its children it has waited for. */
  readonly cpuTicks: number;
}

/**
 * Pids of the living children of a process (zombies left out), in the order they were started. gunicorn's fork server and
 * its spare, children that do not serve, are not listed.
 */
export function children(pid: number): number[] {
  return childStats(pid).map((stat) => stat.pid).filter((child) => !IDLE.includes(nameOf(child)));
}

/** Pids of the fork servers among the children of a process. */
export function forkServers(pid: number): number[] {
  return childStats(pid).map((stat) => stat.pid).filter((child) => nameOf(child) === IDLE[0]);
}

const IDLE = ["fork server", "spare worker"];

function nameOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}

/** All descendants of a process: children, their children and so on; the process itself is not among them. */
export function descendants(pid: number): ProcessId[] {
  const found: ProcessId[] = [];
  for (const child of childStats(pid)) found.push(child, ...descendants(child.pid));
  return found;
}

/** Living processes that have a variable with this value in the environment they were started with. */
export function withEnvironment(name: string, value: string): ProcessId[] {
  const found: ProcessId[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(entry.name)) continue;
    try {
      if (!Deno.readTextFileSync(`/proc/${entry.name}/environ`).split("\0").includes(`${name}=${value}`)) {
        continue;
      }
    } catch {
      continue; // gone meanwhile, or of another user: not ours
    }
    const stat = readStat(Number(entry.name));
    if (stat && stat.state !== "Z") found.push(stat);
  }
  return found;
}

/** CPU time a process has used so far, and that of its children that have ended, ms; 0 when it is gone. */
export function cpuMs(pid: number): number {
  return (readStat(pid)?.cpuTicks ?? 0) * 10; // USER_HZ is 100 wherever Linux runs
}

/** Whether a process lives; a zombie does not. With a ProcessId, whether it is still that very process. */
export function isAlive(process: number | ProcessId): boolean {
  const stat = readStat(typeof process === "number" ? process : process.pid);
  if (!stat || stat.state === "Z") return false;
  return typeof process === "number" || stat.startTicks === process.startTicks;
}

function childStats(pid: number): Stat[] {
  const found: Stat[] = [];
  for (const child of childPids(pid)) {
    const stat = readStat(child);
    if (stat && stat.state !== "Z" && stat.ppid === pid) found.push(stat);
  }
  return found.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/**
 * The kernel leaves out a living child when another one ends while it writes the list: what any of these
 * reads has counts.
 */
const READS = 3;

function childPids(pid: number): Set<number> {
  const pids = new Set<number>();
  for (let read = 0; read < READS; read++) {
    // Each thread has its own list: what a thread forked is its child there. Threads come and go meanwhile.
    for (const thread of threads(pid)) {
      try {
        const list = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/children`);
        for (const word of list.split(" ")) if (word.trim()) pids.add(Number(word));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }
  return pids;
}

function threads(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map((entry) => entry.name);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  // "PID (name) S PPID ...": the name may hold spaces and brackets, so count from the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const cpuTicks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
  return { pid, state: fields[0]!, ppid: Number(fields[1]), cpuTicks, startTicks: Number(fields[19]) };
}

/** A process that ends while it is read gives ENOENT or ESRCH, whichever file it was. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH" ||
    String(error).includes("os error 3");
}
