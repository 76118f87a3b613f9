/** A private place in which mutants are tried, each in its own copy of the core and its tests. */
import { start } from "../support/process.ts";
import { cpuMs } from "../support/processes.ts";
import { type TempDir, tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { type Mutant, mutated, sourcesIn } from "./mutants.ts";
import type { Order } from "./trial.ts";

/** How the tests took a mutant; a loop that does not end is "timed out". */
export type Outcome = "killed" | "timed out" | "survived";

/** All that the tests of the core read. */
const COPIED = ["src/core", "tests/core", "docs/settings.md"];
/** A mutant may hoard; so much memory is enough for the tests, many times over. */
const HEAP_MIB = 512;
/** A loop that does not end shows in its CPU time, many times that of the tests: a busy machine makes none of it. */
const LONGEST_CPU_MS = 8_000;

export class Laboratory implements AsyncDisposable {
  readonly #repository: string;
  readonly #dir: TempDir;
  /** How long each test file takes, ms, by its path. */
  readonly #tookMs = new Map<string, number>();

  private constructor(repository: string, dir: TempDir) {
    this.#repository = repository;
    this.#dir = dir;
  }

  static async open(repository: string): Promise<Laboratory> {
    const dir = await tempDir("ga-mutation-");
    for (const name of ["deno.json", "deno.lock"]) {
      await Deno.copyFile(`${repository}/${name}`, dir.join(name));
    }
    for (const name of ["mutants", "deno"]) await Deno.mkdir(dir.join(name));
    await Deno.copyFile(new URL("trial.ts", import.meta.url), dir.join("trial.ts"));
    // What Deno makes of each mutant must not fill the cache at home; the packages there are good enough.
    await Deno.symlink(await npmCache(), dir.join("deno/npm"));
    return new Laboratory(repository, dir);
  }

  /**
   * Runs the tests once, and learns how long each takes.
   * @throws when they fail without any mutant: then none of them proves anything
   */
  async checkTests(): Promise<void> {
    const [answer] = await this.#carryOut([{ ...this.#copy(0, ""), isTimed: true }], Infinity);
    if (answer === "passed") return;
    throw new Error(`Cannot try mutants: the tests fail without any, mend them first: ${answer}`);
  }

  /** What becomes of some mutants, in their order. */
  async tryAll(mutants: readonly Mutant[], longestCpuMs = LONGEST_CPU_MS): Promise<Outcome[]> {
    const orders = mutants.map((mutant, i) => {
      const order = this.#copy(i, mutant.file);
      const path = `${order.folder}/src/core/${mutant.file}`;
      Deno.writeTextFileSync(path, mutated(Deno.readTextFileSync(path), mutant));
      return order;
    });
    const answers = await this.#carryOut(orders, longestCpuMs);
    return answers.map((word) => word === "passed" ? "survived" : word === "timed out" ? word : "killed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }

  /** A fresh copy. Tests near the mutated file run first, then short ones: one that fails ends the run. */
  #copy(number: number, file: string): Order {
    const folder = this.#dir.join(`mutants/${number}`);
    for (const path of COPIED) copy(`${this.#repository}/${path}`, `${folder}/${path}`);
    const own = file.replace(/\.ts$/, "_test.ts");
    const beside = own.slice(0, own.lastIndexOf("/") + 1);
    const rank = (path: string) => path === own ? 0 : path.startsWith(beside) && beside !== "" ? 1 : 2;
    const tookMs = (path: string) => this.#tookMs.get(`tests/core/${path}`) ?? 0;
    const tests = sourcesIn(`${folder}/tests/core`).filter((path) => path.endsWith("_test.ts"))
      .sort((a, b) => rank(a) - rank(b) || tookMs(a) - tookMs(b)).map((path) => `tests/core/${path}`);
    return { folder, tests, isTimed: false };
  }

  /** The answer to each order, in a process that is started anew after each that did not end, or took it down. */
  async #carryOut(orders: readonly Order[], longestCpuMs: number): Promise<string[]> {
    const list = await this.#dir.write("orders.json", JSON.stringify(orders));
    const answers: string[] = [];
    while (answers.length < orders.length) {
      await using trial = start("env", [
        // Counting lines would cost more than the tests, and say nothing.
        ...["-u", "DENO_COVERAGE_DIR", Deno.execPath()],
        // Without permissions but to read the copies: the core needs none, and a mutant may do anything.
        ...["run", "--no-check", "--no-prompt", `--allow-read=${this.#dir.path}`],
        ...[`--v8-flags=--max-old-space-size=${HEAP_MIB}`, "--config", this.#dir.join("deno.json")],
        ...[this.#dir.join("trial.ts"), list, String(answers.length)],
      ], {
        env: {
          DENO_DIR: this.#dir.join("deno"),
          NO_COLOR: "1",
          DENO_NO_UPDATE_CHECK: "1",
        },
      });
      while (answers.length < orders.length) {
        const number = answers.length;
        const answer = () => trial.lines.find(({ text }) => text.startsWith(`${number}: `))?.text;
        const before = cpuMs(trial.pid);
        const late = () => cpuMs(trial.pid) - before > longestCpuMs;
        await until(() => answer() !== undefined || trial.hasEnded || late(), {
          timeoutMs: 600_000,
          what: () => `the tests of ${orders[number]!.folder}`,
        });
        const word = answer()?.slice(`${number}: `.length);
        answers.push(word ?? (trial.hasEnded ? `ended: ${trial.text("stderr")}` : "timed out"));
        if (word === undefined) break;
      }
      for (const { text } of trial.lines) {
        const [, path, ms] = /^took (\S+) (\S+)$/.exec(text) ?? [];
        if (path !== undefined) this.#tookMs.set(path, Number(ms));
      }
    }
    for (const { folder } of orders) await Deno.remove(folder, { recursive: true });
    return answers;
  }
}

async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
}

function copy(from: string, to: string): void {
  if (Deno.statSync(from).isDirectory) {
    for (const { name } of Deno.readDirSync(from)) copy(`${from}/${name}`, `${to}/${name}`);
  } else {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, to);
  }
}
