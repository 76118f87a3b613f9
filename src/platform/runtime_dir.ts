/** The private folder of one running instance, and the folders that dead instances left. */
import { UserError } from "../error_text.ts";
import { fileProblem } from "./files/file_problem.ts";
import { isHeld } from "./folder_lock.ts";
import { startTicksOf } from "./process_id.ts";

const FOLDER_PREFIX = "gunicorn-autoscaler-";
const OWNER_ONLY = 0o700;
/**
 * The path of a socket has 107 bytes at most: what is left beside "/gunicorn-autoscaler-", a random name and the
 * "/control.sock~" that it is bound under.
 */
const LONGEST_BASE = 107 - 21 - 16 - 14;
/** Names the owner of the folder. */
export const INSTANCE_FILE = "instance.json";

/** The supervisor that owns the folder, as in `instance.json`. */
export interface Instance {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (/proc/PID/stat field 22): a pid alone may be another's by now. */
  readonly startTicks: number;
  readonly version: string;
  readonly startedAt: string;
  readonly command: readonly string[];
}

/** Folders in which a runtime folder may be made, best first: cleared at boot, private, in memory. */
export function runtimeBases(environment: { get(name: string): string | undefined }): string[] {
  const bases = [
    environment.get("XDG_RUNTIME_DIR"),
    "/dev/shm",
    environment.get("TMPDIR"),
    "/tmp",
    "/var/tmp",
  ];
  return [...new Set(bases.filter((base): base is string => base !== undefined && base !== ""))];
}

/**
 * Makes a folder with an unpredictable name that only this user may enter, in the first base that can be written; one in
 * which others could put a folder of theirs in its place, or too long for a socket, is the last resort.
 *
 * @param fill puts into it what is needed first; where that cannot be written (a full /dev/shm), the next base is tried
 * @throws UserError when none can, naming each base and what was wrong with it
 */
export function makeRuntimeDir(bases: readonly string[], fill: (path: string) => void = () => {}): string {
  const problems: string[] = [];
  const lastResorts = bases.filter((base) => replaceableIn(base) !== undefined || isTooLong(base));
  for (const base of [...bases.filter((base) => !lastResorts.includes(base)), ...lastResorts]) {
    let path: string | undefined;
    try {
      path = Deno.makeTempDirSync({ dir: base, prefix: FOLDER_PREFIX });
      Deno.chmodSync(path, OWNER_ONLY);
      const problem = unsafe(path);
      if (problem === undefined) {
        fill(path);
        return path;
      }
      problems.push(`${path} ${problem}`);
    } catch (error) {
      const cause = error instanceof Error ? error.cause ?? error : error;
      problems.push(`${base}: ${fileProblem(cause, "folder")}`);
      if (path !== undefined) removeDir(path);
    }
  }
  throw new UserError(
    `Cannot make a runtime folder: ${
      problems.join("; ")
    }, give a folder that can be written, and has room, with --runtime-dir ` +
      "(in a read-only container, mount a tmpfs)",
  );
}

function isTooLong(base: string): boolean {
  return new TextEncoder().encode(base).length > LONGEST_BASE;
}

/**
 * Why others could rename our folder in this base and put theirs in its place; undefined when they cannot. gunicorn reads
 * its configuration from there again at each reload. Example: /tmp, written by all, is safe by its sticky bit.
 */
export function replaceableIn(base: string): string | undefined {
  try {
    const { uid, mode } = Deno.statSync(base);
    if (uid !== null && uid !== 0 && uid !== Deno.uid()) return "belongs to another user";
    const isSticky = mode !== null && (mode & 0o1000) !== 0;
    return mode !== null && (mode & 0o002) !== 0 && !isSticky ? "can be written by everybody" : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes files and folders for their owner alone, whatever the umask: under a service's UMask=0177 nothing could be written
 * into a new folder. What is started keeps the umask.
 */
export function ownerOnly<T>(make: () => T): T {
  const umask = Deno.umask(0o077);
  try {
    return make();
  } finally {
    Deno.umask(umask);
  }
}

/** Why a folder is unsafe for private files; undefined when it is safe. Symbolic links are never followed. */
export function unsafe(path: string): string | undefined {
  const info = Deno.lstatSync(path);
  if (!info.isDirectory) return "is not a folder";
  if (info.uid !== null && info.uid !== Deno.uid()) return "belongs to another user";
  if (info.mode !== null && (info.mode & 0o077) !== 0) return "can be entered by other users";
  return undefined;
}

/** A part of the runtime folder that must exist while gunicorn runs. */
export interface FolderPart {
  /** The file or folder that is checked. */
  readonly name: string;
  /** Restores it. Throws when it cannot. */
  readonly make: () => void;
}

/**
 * Makes a runtime folder again that was removed.
 * @throws Error when it cannot, or when another user has put something in its place
 */
export function makeAgain(path: string): void {
  try {
    ownerOnly(() => Deno.mkdirSync(path, { mode: OWNER_ONLY }));
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw new Error(fileProblem(error, "folder"));
  }
  const problem = unsafe(path);
  if (problem !== undefined) throw new Error(`what stands there now ${problem}`);
}

/** Writes the owner into a runtime folder. Throws when it has one. */
export function writeInstance(dir: string, instance: Instance): void {
  Deno.writeTextFileSync(`${dir}/${INSTANCE_FILE}`, JSON.stringify(instance), {
    mode: 0o600,
    createNew: true,
  });
}

/** The running instances of this user in this container, by their folders. */
export function runningInstances(bases: readonly string[]): { dir: string; instance: Instance }[] {
  return instanceFolders(bases).filter(({ instance }) => isRunning(instance));
}

/** A folder without an owner for this long was left incomplete. */
const HALF_MADE_MS = 3_600_000;

/**
 * Removes the folders of instances that ended without cleaning up (killed with SIGKILL, or the machine's power cut). What
 * a living process holds stays, whatever its pid: another container that shares the base has pids of its own.
 * @param nowMs Unix ms
 * @returns what was removed; what cannot be (the disk is read-only by now) stays for the next start
 */
export function removeStaleDirs(bases: readonly string[], nowMs: number = Date.now()): string[] {
  const stale = folders(bases).filter((dir) => {
    const instance = readInstance(dir);
    return (instance === undefined ? isHalfMade(dir, nowMs) : !isRunning(instance)) && !isHeld(dir);
  });
  return stale.filter(removeDir);
}

/** Removes a runtime folder. Never throws: false when something of it stays. */
export function removeDir(dir: string): boolean {
  try {
    Deno.removeSync(dir, { recursive: true });
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function instanceFolders(bases: readonly string[]): { dir: string; instance: Instance }[] {
  const found: { dir: string; instance: Instance }[] = [];
  for (const dir of folders(bases)) {
    const instance = readInstance(dir);
    if (instance !== undefined) found.push({ dir, instance });
  }
  return found;
}

function folders(bases: readonly string[]): string[] {
  const found: string[] = [];
  for (const base of bases) {
    try {
      for (const entry of Deno.readDirSync(base)) {
        if (entry.isDirectory && entry.name.startsWith(FOLDER_PREFIX)) found.push(`${base}/${entry.name}`);
      }
    } catch {
      // A base that cannot be read has no folders of ours.
    }
  }
  return found;
}

function isHalfMade(dir: string, nowMs: number): boolean {
  try {
    return unsafe(dir) === undefined &&
      nowMs - (Deno.lstatSync(dir).mtime?.getTime() ?? nowMs) > HALF_MADE_MS;
  } catch {
    return false;
  }
}

function readInstance(dir: string): Instance | undefined {
  try {
    if (unsafe(dir) !== undefined) return undefined;
    const instance = JSON.parse(Deno.readTextFileSync(`${dir}/${INSTANCE_FILE}`)) as Instance | null;
    return Number.isInteger(instance?.pid) && Number.isInteger(instance?.startTicks) ? instance! : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(instance: Instance): boolean {
  return startTicksOf(instance.pid) === instance.startTicks;
}
