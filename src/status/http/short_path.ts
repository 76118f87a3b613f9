import { libc } from "../../platform/libc.ts";

/** The path of a unix socket has 107 bytes at most; one is for the name that it is bound under at first. */
const LONGEST = 106;
const O_PATH = 0o10000000, O_DIRECTORY = 0o200000, O_CLOEXEC = 0o2000000;

/** Whether the kernel takes it as the path of a socket. */
function isShort(path: string): boolean {
  return new TextEncoder().encode(path).length <= LONGEST;
}

/**
 * The socket `name` in a folder, by a path that the kernel takes however long that of the folder is: through a descriptor
 * of it, until disposed. Where there is none, or it is not needed, the path itself.
 */
export function shortPath(dir: string, name: string): Disposable & { readonly path: string } {
  const path = `${dir}/${name}`;
  const fd = isShort(path)
    ? -1
    : libc()?.open(new TextEncoder().encode(`${dir}\0`), O_PATH | O_DIRECTORY | O_CLOEXEC, 0) ?? -1;
  if (fd < 0) return { path, [Symbol.dispose]: () => {} };
  return { path: `/proc/self/fd/${fd}/${name}`, [Symbol.dispose]: () => void libc()?.close(fd) };
}
