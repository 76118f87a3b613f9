/**
 * Each development task is asked for --help and given an option that there is not. Both times it must end by itself, without
 * having been able to start a program or write a file. (A port is claimed as tests/support/port.ts loads: that may be.)
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { read } from "../architecture/modules.ts";
import { run } from "../support/process.ts";

interface Script {
  /** How its usage names it. */
  readonly command: string;
  readonly path: string;
  /** Of deno run. */
  readonly options: readonly string[];
}

const repository = new URL("../../", import.meta.url).pathname;
const FOLDERS = ["bench", "docs", "examples/demo", "packaging"];
FOLDERS.push("tests/coverage", "tests/faults", "tests/fuzz", "tests/mutation");
/** Started by another program alone. */
const INNER = ["tests/mutation/trial.ts"];
/** They ask Deno's own help before they refuse an option, because they pass on what deno test knows. */
const ASK_DENO = ["tests/faults/faults.ts", "tasks/test/suite.ts"];

/** All tasks of deno.json that are scripts, then the programs that are no task. */
const scripts: Script[] = [];
const { tasks } = JSON.parse(read("deno.json")) as { tasks: Record<string, string> };
for (const [task, command] of Object.entries(tasks)) {
  const [, options, path] = /^deno run ((?:-\S+ )+)(\S+\.ts)$/.exec(command) ?? [];
  if (path !== undefined) {
    scripts.push({ command: `deno task ${task}`, path, options: options!.trim().split(" ") });
  }
}
for (const path of FOLDERS.flatMap(typescriptIn)) {
  if (INNER.includes(path) || scripts.some((script) => script.path === path)) continue;
  if (!/^if \(import\.meta\.main\)|taskArguments\(/m.test(read(path))) continue;
  scripts.push({ command: `deno run -A ${path}`, path, options: ["-A"] });
}

Deno.test("the tasks are found, and the programs that are none", () => {
  const found = scripts.map(({ path }) => path);
  for (
    const path of [
      "bench/bench.ts",
      "bench/load/load.ts",
      "tests/faults/faults.ts",
      "docs/dashboard_picture.ts",
    ]
  ) {
    assert(found.includes(path), path);
  }
});

for (const script of scripts) {
  const { command, path } = script;
  Deno.test(`${command} explains itself on --help, refuses an unknown option, and starts nothing`, async () => {
    const [help, unknown] = await Promise.all([
      started(script, "--help", ["--deny-run", "--deny-write"]),
      started(script, "--no-such-option", [
        "--deny-write",
        ...(ASK_DENO.includes(path) ? [] : ["--deny-run"]),
      ]),
    ]);
    assertEquals(help.code, 0, help.stderr);
    assert(help.stdout.startsWith(`Usage: ${command} `), help.stdout);
    assertMatch(help.stdout, new RegExp(`\nExamples:\n  ${command}`));
    assertEquals([unknown.code, unknown.stdout], [2, ""], unknown.stderr);
    assertMatch(unknown.stderr, /^Cannot [^:]+: .* option --no-such-option, .+$/m);
  });
}

function started({ path, options }: Script, argument: string, denied: readonly string[]) {
  const args = ["run", ...options, ...denied, repository + path, argument];
  return run(Deno.execPath(), args, { cwd: repository, env: { NO_COLOR: "1" } });
}

/** Paths of the TypeScript files in a folder and below it. */
function typescriptIn(folder: string): string[] {
  return [...Deno.readDirSync(repository + folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? typescriptIn(path) : name.endsWith(".ts") ? [path] : [];
  }).sort();
}
