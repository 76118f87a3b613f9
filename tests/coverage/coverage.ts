/**
 * Which lines of `src/` the tests run.
 *
 *   deno task coverage               all tests, then the report
 *   deno task coverage --add PATHS   some tests, added to the profile that is there, without the report
 *   deno task coverage --report      the report of the profile that is there
 *
 * Programs that the tests start write into the same profile: Deno takes its folder from the environment. Exit code 1
 * when a test failed or less than 90 % of the lines ran.
 */
import { type Covered, parseLcov, ranges, ranShare } from "./lcov.ts";

const LEAST_RAN = 0.9;
const repository = new URL("../../", import.meta.url).pathname;
const profile = `${repository}coverage`;

async function runTests(paths: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--coverage=${profile}`, "--coverage-raw-data-only", ...paths],
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
  const share = ranShare(files);
  const low = files.filter((file) => ranShare([file]) < LEAST_RAN).sort((a, b) =>
    ranShare([a]) - ranShare([b])
  );
  for (const file of low) {
    console.log(
      `${percent(ranShare([file]))} ${file.file.slice(repository.length)}: not ${ranges(file.missed)}`,
    );
  }
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  console.log(`${percent(share)} of the ${lines} lines of src/ ran, in ${files.length} files`);
  return share >= LEAST_RAN;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

if (import.meta.main) {
  const [mode, ...paths] = Deno.args;
  if (mode === "--add") Deno.exit(await runTests(paths) ? 0 : 1);
  if (mode !== undefined && mode !== "--report") {
    console.error(`Cannot use ${mode}: there are only --add and --report`);
    Deno.exit(2);
  }
  let passed = true;
  if (mode === undefined) {
    await Deno.remove(profile, { recursive: true }).catch(() => undefined); // the first time there is none
    passed = await runTests(["tests"]);
  }
  Deno.exit(await report() && passed ? 0 : 1);
}
