/**
 * Which process uses a runtime folder, known by a lock on the folder itself: it holds in every pid namespace
 * and ends with its holder.
 */

/** A shared lock on a folder. */
export interface FolderLock extends Disposable {
  /** Whether the locked folder is still the one at its path. */
  isInPlace(): boolean;
}

/**
 * Holds a folder until disposed, or until this process ends. systemd-tmpfiles leaves locked folders alone, too.
 * @returns undefined where the file system has no locks
 */
export function holdFolder(path: string): FolderLock | undefined {
  let folder: Deno.FsFile | undefined;
  try {
    folder = Deno.openSync(path, { read: true });
    // Refused only while another process looks whether the folder is stale, which it sees at once that it may be.
    folder.lockSync(false);
  } catch {
    folder?.close();
    return undefined;
  }
  const held = folder;
  const { dev, ino } = held.statSync();
  return {
    isInPlace() {
      try {
        const now = Deno.lstatSync(path);
        return now.dev === dev && now.ino === ino;
      } catch {
        return false;
      }
    },
    [Symbol.dispose]: () => held.close(),
  };
}

/** Whether a living process holds the folder; true as well where that is unknown. */
export function isHeld(path: string): boolean {
  try {
    using folder = Deno.openSync(path, { read: true });
    return !folder.tryLockSync(true);
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
