/** Which test files run in one process, in which order, and which of them run alone. */

/** Suites that have a task of their own. */
export const OTHER_SUITES = ["tests/faults", "tests/setups", "tests/containers"];

/** Each file is a process: most of its time it waits for the servers that it starts. */
const WAITING = ["tests/e2e", "tests/security", "tests/bench", "tests/setups"];

/** Each file is a process that computes. The files of any other folder share one. */
const COMPUTING = ["tests/packaging", "tests/docs", "tests/simulation"];

/** Files of the first kind that compute. */
export const COMPUTING_TOO: readonly TestFile[] = [
  "tests/e2e/packaged/wheel_test.ts",
  "tests/e2e/documented/print_config_test.ts",
];

/** Files of the first kind that take all the time of a core, and ask servers without a pause. */
export const BUSY: readonly TestFile[] = ["tests/e2e/lifecycle/loss_test.ts"];

/** What is timed to less than a second, or takes all cores, and why. */
export const ALONE: ReadonlyMap<TestFile, string> = new Map([
  ["tests/e2e/classes/burst_test.ts", "requests of a burst are answered within 300 ms"],
  ["tests/e2e/classes/cpu_burst_test.ts", "its requests take both cores"],
  [
    "tests/e2e/classes/gthread_share_test.ts",
    "a worker that gets no CPU for 50 ms looks as if its request waited for something else",
  ],
  ["tests/e2e/documented/demo_test.ts", "twelve FastAPI workers boot in its burst"],
  ["tests/e2e/lifecycle/growth_time_test.ts", "eight workers are ready within 150 ms"],
  [
    "tests/e2e/lifecycle/slow_boots_test.ts",
    "99 % of the requests during a reload are answered within 300 ms",
  ],
]);

/** The longest of each kind, started first: what starts last must be short, or one core waits for the other. */
export const LONGEST: readonly TestFile[] = [
  "tests/e2e/packaged/rootfs_test.ts",
  "tests/e2e/classes/worker_classes_test.ts",
  "tests/e2e/lifecycle/arbiter_test.ts",
  "tests/e2e/classes/meters_test.ts",
  "tests/e2e/lifecycle/launcher_test.ts",
  "tests/e2e/packaged/binary_test.ts",
  "tests/e2e/fork_server/fork_server_test.ts",
  "tests/e2e/sleep/sleep_test.ts",
  "tests/e2e/status/status_test.ts",
  "tests/e2e/status/dashboard_test.ts",
  "tests/e2e/lifecycle/lifecycle_test.ts",
  "tests/e2e/classes/background_work_test.ts",
  "tests/e2e/lifecycle/endless_streams_test.ts",
  "tests/e2e/lifecycle/probe_off_test.ts",
  "tests/e2e/lifecycle/loss_test.ts",
  "tests/e2e/packaged/wheel_test.ts",
  "tests/e2e/documented/print_config_test.ts",
  "tests/simulation/controllers/properties_test.ts",
  "tests/simulation/pods/pods_test.ts",
  "tests/docs/commands_test.ts",
  "tests/packaging/release_test.ts",
];

/** Path from the repository's root. */
export type TestFile = string;

/** In the order in which they begin. */
export type Phase = "waits" | "busy" | "computes" | "alone";
export const PHASES: readonly Phase[] = ["waits", "busy", "computes", "alone"];

/** One process. */
export interface Job {
  /** What it is called in reports: its file, or the folder of its files. */
  readonly name: string;
  readonly files: readonly TestFile[];
  readonly phase: Phase;
}

/** All files, each in one job, in the order in which the jobs are to be started. */
export function plan(files: readonly TestFile[]): Job[] {
  const jobs = new Map<string, TestFile[]>();
  for (const file of [...files].sort()) {
    const name = jobName(file);
    jobs.set(name, [...jobs.get(name) ?? [], file]);
  }
  return [...jobs].map(([name, files]) => ({ name, files, phase: phaseOf(name) }))
    .sort((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || rank(a.name) - rank(b.name));
}

function jobName(file: TestFile): string {
  if (isIn([...WAITING, ...COMPUTING], file) || !file.startsWith("tests/")) return file;
  return file.split("/").slice(0, 2).join("/");
}

function phaseOf(name: string): Phase {
  if (ALONE.has(name)) return "alone";
  if (BUSY.includes(name)) return "busy";
  return isIn(WAITING, name) && !COMPUTING_TOO.includes(name) ? "waits" : "computes";
}

function isIn(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}

/** Least first: the longest, other files, folders. */
function rank(name: string): number {
  if (LONGEST.includes(name)) return LONGEST.indexOf(name);
  return LONGEST.length + (name.endsWith(".ts") ? 0 : 1);
}
