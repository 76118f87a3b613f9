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
