/**
 * Gets the rivals: uWSGI and gunicorn into virtualenvs, the Rust program into .bench/ (needs cargo and a C compiler).
 * `deno task bench:setup --help`.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { run } from "../../tests/support/process.ts";
import { venv } from "../../tests/support/venv.ts";
import { rustProgram } from "./rivals.ts";

const folder = new URL("../../.bench", import.meta.url).pathname;

/** The folder for what the benchmark makes; it ignores itself in git. */
export async function benchFolder(): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/.gitignore`, "*\n");
  return folder;
}

const TASK = {
  command: "deno task bench:setup",
  action: "get the rivals",
  about:
    "Gets the rivals: uWSGI and gunicorn into virtualenvs, the Rust program into .bench/ (needs cargo and a C " +
    "compiler). What is there already is left alone.",
  options: {},
  examples: [""],
};

async function main(): Promise<void> {
  taskArguments(TASK);
  console.log("gunicorn ", await venv("newest"));
  console.log("uWSGI    ", await venv("uwsgi"));
  if (await rustProgram() === undefined) {
    const args = [
      "install",
      "gunicorn-autoscaler",
      "--version",
      "0.2.1",
      "--locked",
      "--root",
      await benchFolder(),
    ];
    const { code, stderr } = await run("cargo", args).catch(() => ({
      code: 127,
      stderr: "cargo was not found",
    }));
    if (code !== 0) {
      throw new Error(`Cannot build the Rust program: cargo failed, install Rust and try again\n${stderr}`);
    }
  }
  console.log("Rust     ", await rustProgram());
}

if (import.meta.main) await main();
