/** Runs the test suite, files side by side: `deno task test --help`. */
import { refuse, taskArguments } from "../arguments.ts";
import { denoTestOptions, refuseUnknownOption } from "../deno_test_options.ts";
import { whole } from "../options.ts";
import { testFiles } from "./files.ts";
import { countTests, junitReport, suitesOf } from "./junit.ts";
import { inOrder } from "./in_order.ts";
import { type Job, OTHER_SUITES, plan } from "./plan.ts";
import { readRequest, type Request } from "./request.ts";

const TASK = {
  command: "deno task test",
  action: "run the tests",
  about:
    "Runs the tests in several processes of deno test side by side: first what waits for servers most of the time, " +
    "with one that computes beside it, then the others; what is timed runs alone at the end. The output of a process " +
    "is shown when it has ended.",
  options: {
    jobs: whole(1, {
      help: "Processes at once, twice as many while they wait for servers; 1: one after the other.",
      default: navigator.hardwareConcurrency,
      otherwise: "one a core",
    }),
  },
  words: {
    placeholder: "PATH|TEST-OPTION",
    help: `Files and folders; tests/ without ${OTHER_SUITES.join(", ")} when none is named. ` +
      "And any option of deno test, which gets it as it is: --filter NAME, --junit-path=FILE, --fail-fast.",
    withOptions: true,
  },
  examples: ["", "tests/core", "tests/e2e --filter gevent --jobs 1"],
  notes: [
    "Options for which deno test must run once, such as --watch, --inspect-brk and --coverage, have it run once.",
    "Exit codes: 0; 1 when a test failed or none was found; 2 for bad usage.",
  ],
};

/** A process that takes longer hangs: it is killed, and has failed. The longest takes three on a busy machine. */
const LIMIT_MINUTES = 15;

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

async function main(): Promise<number> {
  const { options: { jobs }, words } = taskArguments(TASK);
  const known = await denoTestOptions();
  refuseUnknownOption(TASK, known, words);
  const request = readRequest(words, known);
  const { paths, ignored, given } = request;
  const files = [...new Set(paths.flatMap((path) => filesOf(path, ignored)))];
  if (files.length === 0) refuse(TASK, `there is none in ${paths.join(", ")}, name another path`);
  const planned = plan(files);
  // The files first: none must become the value of an option that lacks its own.
  if (request.isOneProcess || planned.length === 1) return (await denoTest([...files, ...given]).status).code;
  if (request.isChecked && !(await denoTest([...files, "--no-run"]).status).success) return 1;
  return await runAll(planned, jobs, request);
}

function filesOf(path: string, ignored: readonly string[]): string[] {
  try {
    return testFiles(root, path, ignored);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    refuse(TASK, `there is no ${path}, name another path`);
  }
}

function denoTest(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), { args: ["test", "-A", ...args], cwd: root, stdin: "null" })
    .spawn();
}

async function runAll(jobs: readonly Job[], atOnce: number, { options, report }: Request): Promise<number> {
  const from = performance.now();
  const folder = await Deno.makeTempDir({ prefix: "deno-task-test-" });
  const running = new Set<Deno.ChildProcess>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      for (const child of running) child.kill(signal);
      Deno.removeSync(folder, { recursive: true });
      Deno.exit(1);
    });
  }
  const suites: string[] = [];
  const failed: string[] = [];
  const isStopped = () => failed.length > 0 && options.some((one) => one.startsWith("--fail-fast"));
  try {
    await inOrder(jobs, atOnce, async (job, isBeside) => {
      if (isStopped()) return;
      const ended = await runJob(job, { path: `${folder}/${jobs.indexOf(job)}`, options, isBeside, running });
      if (!ended.success) failed.push(job.name);
      suites.push(suitesOf(job, ended.report, !ended.success));
      if (!ended.success || countTests(ended.report).passed > 0) console.log(ended.output.trim() + "\n");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const seconds = (performance.now() - from) / 1000;
  if (report !== undefined) await Deno.writeTextFile(report, junitReport(suites, seconds));
  return tell(failed, suites, seconds);
}

interface Ended {
  readonly success: boolean;
  readonly output: string;
  /** JUnit; empty when none was written. */
  readonly report: string;
}

interface Running {
  /** Of the files that are written, without their endings. */
  readonly path: string;
  readonly options: readonly string[];
  /** Beside those that wait, which go first. */
  readonly isBeside: boolean;
  readonly running: Set<Deno.ChildProcess>;
}

async function runJob({ files }: Job, { path, options, isBeside, running }: Running): Promise<Ended> {
  const words = [
    Deno.execPath(),
    "test",
    "-A",
    "--no-check",
    ...files,
    `--junit-path=${path}.xml`,
    ...options,
  ];
  // Into a file, not a pipe: a server that a test leaves behind keeps a pipe open.
  const script = `exec ${isBeside ? "nice -n 10" : ""} "$@" > "$0" 2>&1`;
  const args = ["-c", script, `${path}.log`, ...words];
  const child = new Deno.Command("/bin/sh", { args, cwd: root, stdin: "null" }).spawn();
  running.add(child);
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MINUTES * 60_000);
  const { success } = await child.status;
  clearTimeout(limit);
  running.delete(child);
  const read = (end: string) => Deno.readTextFile(path + end).catch(() => "");
  return { success, output: await read(".log"), report: await read(".xml") };
}

function tell(failed: readonly string[], suites: readonly string[], seconds: number): number {
  const counts = countTests(suites.join(""));
  for (const name of failed) console.log(`failed in ${name}`);
  const whole = Math.round(seconds);
  const time = `${Math.floor(whole / 60)}m${whole % 60}s`;
  const verdict = failed.length === 0 ? "ok" : "FAILED";
  console.log(
    `${verdict} | ${counts.passed} passed | ${counts.failed} failed | ${counts.skipped} ignored (${time})`,
  );
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
