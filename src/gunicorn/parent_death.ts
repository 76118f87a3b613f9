/**
 * Without the probe gunicorn does not ask the kernel for a signal at our death. A few words of Python before it do: the
 * setting survives exec, and the process stays the same, so its pid and its exit code are gunicorn's.
 */
const SCRIPT = "import ctypes,os,signal,sys;" +
  "ctypes.CDLL(None).prctl(1,signal.SIGTERM,0,0,0);" + // PR_SET_PDEATHSIG
  "os.getppid()==int(sys.argv[1]) or sys.exit(1);" + // died before the call
  "os.execv(sys.argv[2],sys.argv[2:])";

/** The words that start gunicorn so that the kernel stops it when the autoscaler dies. */
export function tiedToParent(
  interpreter: readonly string[],
  ownPid: number,
  words: readonly string[],
): string[] {
  return [...interpreter, "-c", SCRIPT, String(ownPid), ...words];
}
