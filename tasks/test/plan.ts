/** Which test files run in one process, in which order, and which of them run alone. */

/** Suites that have a task of their own. */
export const OTHER_SUITES = ["tests/faults", "tests/setups", "tests/containers"];

/** Files that start servers are a process each; the files of any other folder share one. */
const A_PROCESS_EACH = [
  "tests/e2e",
  "tests/security",
  "tests/packaging",
  "tests/docs",
  "tests/bench",
  "tests/simulation",
];

/** The longest, started first: what starts last must be short, or one core waits for the other. */
export const LONGEST: readonly string[] = [
  "tests/e2e/classes/worker_classes_test.ts",
  "tests/e2e/lifecycle/arbiter_test.ts",
  "tests/e2e/packaged/wheel_test.ts",
  "tests/e2e/lifecycle/loss_test.ts",
  "tests/e2e/classes/meters_test.ts",
  "tests/e2e/lifecycle/launcher_test.ts",
  "tests/e2e/packaged/binary_test.ts",
  "tests/e2e/status/status_test.ts",
  "tests/e2e/status/dashboard_test.ts",
  "tests/e2e/lifecycle/lifecycle_test.ts",
  "tests/e2e/documented/demo_test.ts",
  "tests/e2e/packaged/rootfs_test.ts",
  "tests/e2e/documented/print_config_test.ts",
  "tests/e2e/lifecycle/endless_streams_test.ts",
  "tests/e2e/lifecycle/probe_off_test.ts",
  "tests/packaging/release_test.ts",
];

/** What is timed to less than a second, or takes what others need, and why. They run one by one after all others. */
export const ALONE: ReadonlyMap<string, string> = new Map([
  ["tests/e2e/classes/burst_test.ts", "requests of a burst are answered within 300 ms"],
]);

/** Path from the repository's root. */
export type TestFile = string;

export interface Job {
  /** What it is called in reports: its file, or the folder of its files. */
  readonly name: string;
  readonly files: readonly TestFile[];
  readonly isAlone: boolean;
}

/** All files, each in one job, in the order in which the jobs are to be started. */
export function plan(files: readonly TestFile[]): Job[] {
  const jobs = new Map<string, TestFile[]>();
  for (const file of [...files].sort()) {
    const name = jobName(file);
    jobs.set(name, [...jobs.get(name) ?? [], file]);
  }
  return [...jobs].map(([name, files]) => ({ name, files, isAlone: ALONE.has(name) }))
    .sort((a, b) => rank(a) - rank(b));
}

function jobName(file: TestFile): string {
  const isOwnProcess = LONGEST.includes(file) || ALONE.has(file) || !file.startsWith("tests/") ||
    A_PROCESS_EACH.some((folder) => file.startsWith(`${folder}/`));
  return isOwnProcess ? file : file.split("/").slice(0, 2).join("/");
}

/** Least first: the longest, other files of their own, folders of short files, what runs alone. */
function rank({ name, isAlone }: Job): number {
  if (isAlone) return LONGEST.length + 2;
  if (LONGEST.includes(name)) return LONGEST.indexOf(name);
  return LONGEST.length + (name.endsWith(".ts") ? 0 : 1);
}
