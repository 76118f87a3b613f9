/**
 * Which lines of `src/` the tests run: `deno task coverage --help`. Programs that the tests start write into the same
 * profile: Deno takes its folder from the environment.
 */
import { refuse, taskArguments } from "../../tasks/arguments.ts";
import { toggle } from "../../tasks/options.ts";
import { byFolder, type Covered, parseLcov, ranges, ranShare, together } from "./lcov.ts";

const LEAST_RAN = 0.9;
const repository = new URL("../../", import.meta.url).pathname;
const profile = `${repository}coverage`;

const TASK = {
  command: "deno task coverage",
  action: "count what runs",
  about:
    "Which lines of src/ run in deno task test and in the programs that it starts: the tests, then the report.",
  options: {
    add: toggle("Add the tests in PATH to the profile that is there, without the report."),
    report: toggle("Only the report of the profile that is there."),
  },
  words: { placeholder: "PATH", help: "Tests, with --add." },
  examples: ["", "--add tests/core tests/status", "--report"],
  notes: [
    `Exit codes: 0; 1 when a test failed or less than ${
      100 * LEAST_RAN
    } % of the lines ran; 2 for bad usage.`,
  ],
};

/** As `deno task test` does, files side by side: each process adds files of its own to the profile. */
async function runTests(paths: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${repository}tasks/test/suite.ts`, ...paths],
    cwd: repository,
    env: { DENO_COVERAGE_DIR: profile },
  }).spawn().status;
  return success;
}

/** The files of src/ in the profile. */
async function read(): Promise<Covered[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--quiet", "--lcov", `--include=^file://${repository}src/`, profile],
    cwd: repository,
  }).output();
  if (!success) throw new Error(`Cannot read the profile in ${profile}: ${new TextDecoder().decode(stderr)}`);
  return parseLcov(new TextDecoder().decode(stdout));
}

async function report(): Promise<boolean> {
  const files = await read();
  const low = files.filter(({ lines }) => ranShare(lines) < LEAST_RAN).sort((a, b) =>
    ranShare(a.lines) - ranShare(b.lines)
  );
  for (const { file, lines, missed } of low) {
    console.log(`${percent(ranShare(lines))} ${file.slice(repository.length)}: not ${ranges(missed)}`);
  }
  const folders = [...byFolder(files)].sort(([a], [b]) => a < b ? -1 : 1);
  for (const [folder, inside] of folders) console.log(`${folder}: ${shares(inside)}`);
  const lines = together(files.map((file) => file.lines));
  console.log(`all ${files.length} files with ${lines.all} lines: ${shares(files)}`);
  return lines.all > 0 && ranShare(lines) >= LEAST_RAN;
}

function shares(files: readonly Covered[]): string {
  return (["lines", "functions", "branches"] as const).map((what) =>
    `${percent(ranShare(together(files.map((file) => file[what]))))} of the ${what}`
  ).join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

if (import.meta.main) {
  const { options: { add, report: only }, words: paths } = taskArguments(TASK);
  if (add && only) refuse(TASK, "--add makes no report, leave out --add or --report");
  if (add !== paths.length > 0) refuse(TASK, "--add and the tests to add go together, write --add PATH");
  if (add) Deno.exit(await runTests(paths) ? 0 : 1);
  let passed = true;
  if (!only) {
    await Deno.remove(profile, { recursive: true }).catch(() => undefined); // the first time there is none
    passed = await runTests([]);
  }
  Deno.exit(await report() && passed ? 0 : 1);
}
