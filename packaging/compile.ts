/**
 * Makes the binary: `deno task compile --help`.
 *
 * `deno compile` puts the program behind denort, the runtime of the very same Deno version. It downloads denort; where
 * that is out of reach, DENORT_BIN names one.
 */
import { VERSION } from "../src/version.ts";
import { refuse, taskArguments } from "../tasks/arguments.ts";
import { oneOf, text } from "../tasks/options.ts";
import { deno, stage } from "./bundle.ts";
import { isTarget, type Target, targetOf, TARGETS } from "./targets.ts";

/**
 * V8 settings, which freeze in the binary: less memory at the same CPU, measured in docs/costs.md. --expose-gc is for
 * src/platform/spare_memory.ts.
 */
export const V8_FLAGS: readonly string[] = [
  "--expose-gc",
  "--single-threaded",
  "--optimize-for-size",
  "--max-semi-space-size=1",
  "--compact-on-every-full-gc",
];

/** Longest time a new binary may take to say its version. */
const VERSION_LIMIT_MS = 60_000;

/** What is compiled, and where to. */
export interface CompileOptions {
  readonly target: Target;
  readonly output: string;
  /** A denort to use instead of Deno's own download. */
  readonly denort?: string | undefined;
  readonly v8Flags?: readonly string[];
}

/**
 * Compiles one binary.
 * @throws when there is no denort for the target, when it is one for another platform or of another version of Deno
 */
export async function compile({ target, output, denort, v8Flags = V8_FLAGS }: CompileOptions): Promise<void> {
  if (denort !== undefined) await checkRuntime(denort, target);
  const root = await Deno.makeTempDir({ prefix: "gunicorn-autoscaler-build-" });
  try {
    const staged = await stage(root);
    const args = ["compile", "--quiet", "--allow-all", "--no-check", "--no-code-cache", "--no-lock"];
    args.push("--config", staged.config, "--include", staged.probe, "--target", target, "--output", output);
    if (v8Flags.length > 0) args.push(`--v8-flags=${v8Flags.join(",")}`);
    await deno([...args, staged.entry], root, denort === undefined ? {} : { DENORT_BIN: denort });
    // A binary for another platform cannot be asked here.
    if (target === Deno.build.target) await checkBinary(output);
  } catch (error) {
    throw new Error(`Cannot compile for ${target}: ${explained((error as Error).message)}`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** `deno compile` takes any DENORT_BIN for any target and makes a binary that cannot start. */
async function checkRuntime(path: string, target: Target): Promise<void> {
  let found: Target | undefined;
  try {
    using file = await Deno.open(path);
    const header = new Uint8Array(20);
    await file.read(header);
    found = targetOf(header);
  } catch (error) {
    throw new Error(
      `Cannot compile for ${target}: DENORT_BIN=${path} cannot be read (${(error as Error).message}), ` +
        `name a denort for ${target}, or unset DENORT_BIN to have Deno download it`,
    );
  }
  if (found === target) return;
  throw new Error(
    `Cannot compile for ${target}: DENORT_BIN=${path} is ${
      found === undefined ? "no runtime that we know" : `one for ${found}`
    }, name one for ${target}, or unset DENORT_BIN to have Deno download it`,
  );
}

/**
 * Asks the binary for its version. `deno compile` takes a denort of any version of Deno and makes a binary that cannot find
 * the program in itself; that one is removed.
 */
async function checkBinary(path: string): Promise<void> {
  const asked = new Deno.Command(path, {
    args: ["--version"],
    stdin: "null",
    signal: AbortSignal.timeout(VERSION_LIMIT_MS),
  });
  const { stdout, stderr } = await asked.output();
  const [output, problem] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (output === `gunicorn-autoscaler ${VERSION}`) return;
  await Deno.remove(path);
  const words = (output || problem || "nothing").split("\n")[0];
  throw new Error(
    `the binary does not start, asked for its version it says "${words}", use the denort of Deno ` +
      `${Deno.version.deno} (DENORT_BIN), or unset DENORT_BIN to have Deno download it`,
  );
}

/** Deno's own words, and what to do when it is the download that failed. */
function explained(output: string): string {
  if (!/error sending request|dl\.deno\.land|client error|downloading/i.test(output)) return output;
  const causes = output.split("\n").map((line) => line.trim().replace(/^(error|\d+): /, ""));
  const cause = causes.find((line) => /error sending request|status|client error/i.test(line));
  return `its runtime, denort ${Deno.version.deno}, cannot be downloaded (${cause ?? causes[0]}), ` +
    "let Deno reach its download host (HTTPS_PROXY, DENO_TLS_CA_STORE=mozilla,system), or name a denort of this very " +
    "version with DENORT_BIN";
}

const TASK = {
  command: "deno task compile",
  action: "compile",
  about: "Makes the binary: the program behind denort, the runtime of this very version of Deno.",
  options: {
    target: oneOf(TARGETS, {
      placeholder: "TARGET",
      help: `The platform: ${TARGETS.join(", ")}.`,
      otherwise: "this one",
    }),
    output: text({
      placeholder: "FILE",
      help: "Where it is written.",
      otherwise: "dist/gunicorn-autoscaler; for another platform with its name behind",
    }),
  },
  examples: ["", "--target aarch64-unknown-linux-gnu"],
  notes: ["DENORT_BIN names a denort to use instead of Deno's own download."],
};

async function main(): Promise<number> {
  const { options } = taskArguments(TASK);
  const target = options.target ?? Deno.build.target;
  if (!isTarget(target)) refuse(TASK, `${target} is none of ours, name one with --target`);
  const name = target === Deno.build.target ? "gunicorn-autoscaler" : `gunicorn-autoscaler-${target}`;
  const output = options.output ?? new URL(`../dist/${name}`, import.meta.url).pathname;
  await Deno.mkdir(output.slice(0, output.lastIndexOf("/") + 1) || ".", { recursive: true });
  try {
    await compile({
      target,
      output: await absolute(output),
      denort: Deno.env.get("DENORT_BIN") || undefined,
    });
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
  const { size } = await Deno.stat(output);
  console.log(`${output}: ${(size / 1e6).toFixed(1)} MB for ${target}`);
  return 0;
}

/** `deno compile` runs in the staged folder. */
async function absolute(path: string): Promise<string> {
  const slash = path.lastIndexOf("/");
  const folder = await Deno.realPath(slash < 0 ? "." : path.slice(0, slash + 1));
  return `${folder}/${path.slice(slash + 1)}`;
}

if (import.meta.main) Deno.exit(await main());
