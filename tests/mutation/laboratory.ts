/** A private copy of the tree in which mutants are tried, so that the work tree is never touched. */
import { type Mutant, mutated } from "./mutants.ts";

/** How the tests took a mutant. */
export type Outcome = "killed" | "timed out" | "survived";

/** All that the tests of the core read. */
const COPIED = ["deno.json", "deno.lock", "src", "tests/core", "docs/settings.md"];
const TESTS = "tests/core";
/** A mutant may hoard; so much memory is enough for the tests, many times over. */
const HEAP_MIB = 512;
/**
 * A loop that does not end is told by the CPU time it takes, several times that of the tests: so a busy machine makes no
 * mutant look caught.
 */
const CPU_S = 8;

export class Laboratory implements AsyncDisposable {
  readonly #root: string;
  readonly #environment: Record<string, string>;

  private constructor(root: string, environment: Record<string, string>) {
    this.#root = root;
    this.#environment = environment;
  }

  static async open(repository: string): Promise<Laboratory> {
    const root = await Deno.makeTempDir({ prefix: "ga-mutation-" });
    for (const path of COPIED) await copy(`${repository}/${path}`, `${root}/tree/${path}`);
    // What Deno makes of each mutant must not fill the cache at home; the packages there are good enough.
    await Deno.mkdir(`${root}/deno`);
    await Deno.symlink(await npmCache(), `${root}/deno/npm`);
    return new Laboratory(root, { DENO_DIR: `${root}/deno`, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" });
  }

  /** @throws when the tests fail without any mutant: then none of them proves anything */
  async checkTests(): Promise<void> {
    const { passed, output } = await this.#test([TESTS]);
    if (!passed) {
      throw new Error(`Cannot try mutants: the tests fail without any, mend them first:\n${output}`);
    }
  }

  async try(mutant: Mutant): Promise<Outcome> {
    const path = `${this.#root}/tree/src/core/${mutant.file}`;
    const source = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutated(source, mutant));
    try {
      const { passed, timedOut } = await this.#test(this.#testsFor(mutant.file));
      return timedOut ? "timed out" : passed ? "survived" : "killed";
    } finally {
      await Deno.writeTextFile(path, source);
    }
  }

  /** The test of the same name goes first: it is the likeliest to fail, and the first failure ends the run. */
  #testsFor(file: string): string[] {
    const own = `${TESTS}/${file.replace(/\.ts$/, "_test.ts")}`;
    const all = Array.from(Deno.readDirSync(`${this.#root}/tree/${TESTS}`), ({ name }) => `${TESTS}/${name}`)
      .filter((path) => path.endsWith("_test.ts")).sort();
    return [...all.filter((path) => path === own), ...all.filter((path) => path !== own)];
  }

  async #test(paths: string[]) {
    // Without permissions but to read the copy: the core needs none, and nobody knows what a mutant does.
    const words = [
      ...[Deno.execPath(), "test", "--no-check", "--fail-fast", "--quiet", `--allow-read=${this.#root}`],
      ...[`--v8-flags=--max-old-space-size=${HEAP_MIB}`, ...paths],
    ];
    const { success, signal, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", `ulimit -c 0; ulimit -S -t ${CPU_S}; exec "$@"`, "sh", ...words],
      cwd: `${this.#root}/tree`,
      env: this.#environment,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { passed: success, timedOut: signal === "SIGXCPU", output };
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.#root, { recursive: true });
  }
}

async function npmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache: path } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  return path;
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}
