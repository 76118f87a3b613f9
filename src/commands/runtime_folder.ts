import type { Logger } from "@logtape/logtape";
import { errorText } from "../error_text.ts";
import { type FolderLock, holdFolder } from "../platform/folder_lock.ts";
import {
  type FolderPart,
  makeAgain,
  makeRuntimeDir,
  removeDir,
  removeStaleDirs,
} from "../platform/runtime_dir.ts";

/** A file whose modification time is that of the last tick, or up to a second older: a health check needs only `find`. */
export const ALIVE_FILE = "alive";
const BEAT_MS = 1_000;

/** How often the folder is checked. */
const LOOK_MS = 500;

/**
 * The private folder of this instance. Cleaners of temporary files and the end of a login session (RemoveIPC of
 * systemd-logind) remove it from under a running instance: then it is made again, with all that was in it.
 */
export class RuntimeFolder implements Disposable {
  readonly path: string;
  readonly #bases: readonly string[];
  #lock: FolderLock | undefined;
  #problem = "";
  #beatAtMs = -Infinity;

  /**
   * Makes the folder.
   * @param fill see makeRuntimeDir
   * @throws UserError "Cannot make a runtime folder ..."
   */
  constructor(bases: readonly string[], fill?: (path: string) => void) {
    this.#bases = bases;
    this.path = makeRuntimeDir(bases, fill);
    this.#lock = holdFolder(this.path);
  }

  /** Removes the folders of dead instances. */
  removeStale(): void {
    removeStaleDirs(this.#bases);
  }

  /** Puts the folder and its parts back when they are missing, until what is returned is disposed. */
  keep(parts: readonly FolderPart[], log: Logger): Disposable {
    const timer = setInterval(() => this.#look(parts, log), LOOK_MS);
    Deno.unrefTimer(timer);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** The loop goes on. Never throws. */
  beat(): void {
    const nowMs = performance.now();
    if (nowMs - this.#beatAtMs < BEAT_MS) return;
    this.#beatAtMs = nowMs;
    const path = `${this.path}/${ALIVE_FILE}`;
    try {
      using file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
      file.utimeSync(new Date(), new Date());
    } catch {
      // The folder is missing or its disk is full: the instance looks dead until it is restored.
    }
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    removeDir(this.path);
    this.#lock?.[Symbol.dispose]();
  }

  #look(parts: readonly FolderPart[], log: Logger): void {
    try {
      const missing = this.#missing(parts);
      if (missing === undefined) return;
      makeAgain(this.path);
      this.#lock?.[Symbol.dispose]();
      this.#lock = holdFolder(this.path);
      for (const part of missing) part.make();
      const names = missing.map(({ name }) => name).join(", ");
      log.warn(
        "{path} or a part of it was removed by another program and is there again ({names}); " +
          "a place that is not cleaned up can be given with --runtime-dir",
        { path: this.path, names },
      );
      this.#problem = "";
    } catch (error) {
      const problem = errorText(error);
      if (problem === this.#problem) return;
      this.#problem = problem;
      log.warn(
        "Cannot make the runtime folder {path} again: {problem}; scaling goes on, but commands do not find this " +
          "instance and HUP is not carried out, restart it with another --runtime-dir",
        { path: this.path, problem },
      );
    }
  }

  /** The parts that are missing; undefined when all is in place. */
  #missing(parts: readonly FolderPart[]): readonly FolderPart[] | undefined {
    const names = new Set<string>();
    try {
      for (const { name } of Deno.readDirSync(this.path)) names.add(name);
    } catch {
      return parts;
    }
    const missing = parts.filter(({ name }) => !names.has(name));
    return missing.length === 0 && this.#lock?.isInPlace() !== false ? undefined : missing;
  }
}
