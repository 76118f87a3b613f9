/** Reading the small files of /proc and /sys, for which "cannot be read" is an answer and not an error. */

const decoder = new TextDecoder();

/** The whole file as text; undefined when it is missing, forbidden or gone half-way. */
export function readText(path: string): string | undefined {
  try {
    return decoder.decode(Deno.readFileSync(path));
  } catch {
    return undefined;
  }
}

/** The names in a folder; empty when it cannot be read. */
export function readNames(folder: string): string[] {
  const names: string[] = [];
  try {
    for (const entry of Deno.readDirSync(folder)) names.push(entry.name);
  } catch {
    // gone, or not ours to see
  }
  return names;
}

/** The inode in a "socket:[INODE]" link, as /proc/PID/fd has them; undefined for everything else. */
export function socketInode(link: string): number | undefined {
  const match = /^socket:\[(\d{1,15})\]$/.exec(link);
  return match === null ? undefined : Number(match[1]);
}

/** Where a symbolic link points; undefined when it cannot be read. */
export function readLink(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}

/** A whole number as the kernel writes it; NaN for everything else. */
export function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : NaN;
}

/** Whether there is something at the path: a link that leads nowhere counts. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
