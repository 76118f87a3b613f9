/** Files that were removed while processes still use them. */

/**
 * Restores removed names as links to our own open descriptors, so that processes that have mapped the files and those
 * that open them share the same file. The links are dead once this process has ended.
 * @param paths names that are gone; files that this process does not have open stay gone
 */
export function bringBack(paths: readonly string[]): void {
  const wanted = new Set(paths.map(canonical));
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const link = `/proc/${Deno.pid}/fd/${name}`;
      const path = /^(.*) \(deleted\)$/.exec(Deno.readLinkSync(link))?.[1];
      if (path !== undefined && wanted.delete(path)) Deno.symlinkSync(link, path);
    } catch {
      // The descriptor of this very list, or another process was faster.
    }
  }
}

/** The path as the kernel writes it, all links in its folder followed. */
function canonical(path: string): string {
  const slash = path.lastIndexOf("/");
  return `${Deno.realPathSync(path.slice(0, slash + 1))}${path.slice(slash)}`.replace(/^\/\/+/, "/");
}
