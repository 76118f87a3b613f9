/** Which processes are gunicorn's workers: the master's children, less those that are something else. */

import { catchesCountSignals, parsePids, parseStat } from "./process_stat.ts";
import { readNames, readText } from "../text_file.ts";

/** How often a child is checked again while it may still execute another program. */
const LOOKS = 20;
/** Without the kernel's list of children all of /proc is searched, no more than every so many calls. */
const CALLS_A_SEARCH = 10;

/** Finds the workers of one master. */
export class Children {
  readonly #root: string;
  /** How often each child was looked at and taken for a worker. */
  readonly #looks = new Map<number, number>();
  #masterCommand: string | undefined;
  #masterPid = 0;
  #searched: readonly number[] = [];
  #callsToSearch = 0;

  constructor(root = "") {
    this.#root = root;
  }

  /**
   * The workers of a master. A slot proves a worker; without slots each child is one that does not run another program
   * (a helper of the app), whatever it calls itself, and was not started by SIGUSR2 as the next master.
   * @param slotPids the pids that have a slot; undefined when there are none at all
   */
  workers(masterPid: number, slotPids: readonly number[] | undefined): readonly number[] {
    if (masterPid !== this.#masterPid) this.#forget(masterPid);
    const children = this.#children(masterPid);
    if (slotPids !== undefined) {
      if (children.length === 0) return slotPids;
      // The kernel may omit a living child when another one ends while it writes the list.
      const listed = new Set(children);
      return slotPids.filter((pid) => listed.has(pid) || this.#isChild(pid)).sort((a, b) => a - b);
    }
    const alive = new Set(children);
    for (const pid of this.#looks.keys()) if (!alive.has(pid)) this.#looks.delete(pid);
    return children.filter((pid) => this.#isWorker(pid));
  }

  #children(masterPid: number): readonly number[] {
    if (masterPid === 0) return []; // none yet: the kernel's own processes are the children of 0, and so is PID 1
    const list = readText(`${this.#root}/proc/${masterPid}/task/${masterPid}/children`);
    if (list !== undefined) return parsePids(list);
    if (this.#callsToSearch-- > 0) return this.#searched;
    this.#callsToSearch = CALLS_A_SEARCH - 1;
    this.#searched = readNames(`${this.#root}/proc`).map(Number).filter((pid) => {
      if (!(pid > 0)) return false;
      return parseStat(readText(`${this.#root}/proc/${pid}/stat`) ?? "")?.ppid === masterPid;
    }).sort((a, b) => a - b);
    return this.#searched;
  }

  #isWorker(pid: number): boolean {
    const looks = this.#looks.get(pid) ?? 0;
    if (looks >= LOOKS) return !this.#isDead(pid);
    const isWorker = !this.#isAnotherProgram(pid);
    // A fork shows its parent's command until it executes its own, so a "worker" is checked several times.
    this.#looks.set(pid, isWorker ? looks + 1 : 0);
    return isWorker && !this.#isDead(pid);
  }

  #isAnotherProgram(pid: number): boolean {
    // The name of the probe's fork server: a child of the master that serves no requests.
    const name = readText(`${this.#root}/proc/${pid}/comm`)?.trim();
    if (name === "fork server" || name === "spare worker") return true;
    if (isStartedByUsr2Of(this.#masterPid, pid, this.#root)) return true;
    // A fork keeps the master's signal handlers, whatever its title; another program does not.
    if (this.#takesCountSignals(this.#masterPid) === true) {
      const isFork = this.#takesCountSignals(pid);
      if (isFork !== undefined) return !isFork;
    }
    this.#masterCommand ??= readText(`${this.#root}/proc/${this.#masterPid}/cmdline`);
    const command = readText(`${this.#root}/proc/${pid}/cmdline`);
    if (!command || !this.#masterCommand) return false;
    // With setproctitle the commands read "gunicorn: worker [NAME]" and "gunicorn: master [NAME]".
    return command !== this.#masterCommand && !command.startsWith("gunicorn: ");
  }

  #takesCountSignals(pid: number): boolean | undefined {
    return catchesCountSignals(readText(`${this.#root}/proc/${pid}/status`) ?? "");
  }

  #isDead(pid: number): boolean {
    const stat = readText(`${this.#root}/proc/${pid}/stat`);
    return stat === undefined || parseStat(stat)?.state === "Z";
  }

  #isChild(pid: number): boolean {
    const stat = parseStat(readText(`${this.#root}/proc/${pid}/stat`) ?? "");
    return stat !== undefined && stat.ppid === this.#masterPid && stat.state !== "Z";
  }

  #forget(masterPid: number): void {
    this.#masterPid = masterPid;
    this.#masterCommand = undefined;
    this.#looks.clear();
    this.#callsToSearch = 0;
  }
}

/** Whether a process is the master that SIGUSR2 has started in another, or a worker of it. */
export function isStartedByUsr2Of(masterPid: number, pid: number, root = ""): boolean {
  // The variable in which gunicorn passes its pid on.
  return readText(`${root}/proc/${pid}/environ`)?.split("\0").includes(`GUNICORN_PID=${masterPid}`) === true;
}
