/** Every command that the documents show: run where it can be, its options looked up where it cannot. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { read } from "../architecture/modules.ts";
import { parseCommand } from "../../src/cli/cli.ts";
import { TOOLS } from "../../src/cli/command_names.ts";
import { gunicornOptions } from "../../src/gunicorn/arguments.ts";
import { resolveSettings } from "../../src/settings/settings_sources.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { venv } from "../support/venv.ts";
import { type Command, commands, markdownFiles, ownArguments, shownLines } from "./markdown.ts";

const repository = new URL("../../", import.meta.url).pathname;
const all = markdownFiles().flatMap(commands);
const own = all.flatMap((command) => {
  const args = ownArguments(command.text);
  return args === undefined ? [] : [{ ...command, args }];
});
/** Programs that are not here to be run: their files are validated by tests/packaging/. */
const ELSEWHERE = /^(docker|kubectl|helm|systemctl) /;
/** Documents whose commands a test of their own runs, one after the other. */
const RUN_WHOLE = new Map([["examples/fastapi/README.md", "tests/e2e/documented/example_readme_test.ts"]]);

Deno.test("commands of deno name tasks and files that exist, those of others are run or name files that exist", () => {
  const tasks = Object.keys((JSON.parse(read("deno.json")) as { tasks: Record<string, string> }).tasks);
  for (const { file, text } of all) {
    if (ownArguments(text) !== undefined) continue;
    const bare = text.replace(/^([A-Z_]+=\S+ )+/, "");
    const task = /^(?:npx -y deno@\S+|deno) task ([\w:-]+)/.exec(bare)?.[1];
    const script = /^deno run -A (\S+\.ts)/.exec(bare)?.[1] ?? /^(\.ci\/run)$/.exec(bare)?.[1];
    if (task !== undefined) assert(tasks.includes(task), `${file}: there is no task ${task}`);
    else if (script !== undefined) assert(Deno.statSync(repository + script).isFile);
    else if (RUN_WHOLE.has(file)) assert(read(RUN_WHOLE.get(file)!).includes(file));
    else {
      assert(ELSEWHERE.test(bare), `${file}: no test runs "${text}"`);
      for (const [path] of bare.matchAll(/\b(deploy|examples)\/\S+/g)) {
        assert(Deno.statSync(repository + path));
      }
    }
  }
});

Deno.test("commands that start gunicorn have options that exist, each on its side of the application", () => {
  const shown = markdownFiles().flatMap(shownLines).flatMap((command) => {
    const args = ownArguments(command.text.replace(/ {2,}/, " "));
    return args === undefined ? [] : [{ ...command, args }];
  });
  assert(shown.length > 0);
  const starts = [...own, ...shown].filter(({ args }) =>
    !TOOLS.some((tool) => tool === args[0]) && args[0] !== "check"
  );
  assert(starts.length > 0);
  for (const { file, text, args } of starts) {
    const command = parseCommand(args);
    if (command.kind === "help" || command.kind === "version") continue;
    if (!("flags" in command)) throw new Error(`${file}: ${text}: ${JSON.stringify(command)}`);
    const { errors } = resolveSettings({
      flags: command.flags.settings,
      environment: {},
      envFile: "",
      cores: 2,
    });
    assertEquals(errors, [], `${file}: ${text}`);
    if (!("gunicornArgs" in command)) continue; // exec: what follows belongs to the program
    const words = gunicornOptions(command.gunicornArgs).reduce((sum, option) => sum + option.words, 0);
    assertEquals(words + 1, command.gunicornArgs.length, `${file}: ${text}: gunicorn has not all of these`);
  }
});

Deno.test("check, simulate, help and completions run as shown", async (t) => {
  await using folder = await tempDir();
  await folder.write("access.log", accessLog());
  await folder.write("rates.txt", "5\n60\n5\n");
  const path = `${await venv("newest")}/bin:${Deno.env.get("PATH")}`;
  const runnable = own.filter(({ args, text }) =>
    ["check", "simulate", "completions", "--help", "--version"].includes(args[0] ?? "") &&
    !text.includes("night")
  );
  assert(runnable.length > 0);
  for (const { file, text, args } of unique(runnable)) {
    await t.step(`${file}: ${text}`, async () => {
      const cwd = args[0] === "check" ? `${repository}examples/fastapi` : folder.path;
      const ended = await run(Deno.execPath(), ["run", "-A", `${repository}main.ts`, ...args], {
        cwd,
        env: { PATH: path },
      });
      assertEquals(ended.code, 0, ended.stderr + ended.stdout);
      for (const line of shownAfter(file, text)) assertStringIncludes(ended.stdout, line);
    });
  }
});

/** Lines of the block of text that follows the block of a command: what it prints. */
function shownAfter(file: string, command: string): string[] {
  const [, after = ""] = read(file).split(`${command}\n\`\`\`\n\n\`\`\`text\n`);
  return after.split("\n```")[0]!.split("\n").filter((line) => line !== "");
}

function unique<T extends Command>(list: readonly T[]): T[] {
  return [...new Map(list.map((command) => [command.text, command])).values()];
}

/** A minute of 20 requests a second. */
function accessLog(): string {
  return Array.from({ length: 1200 }, (_, i) => {
    const second = String(Math.floor(i / 20)).padStart(2, "0");
    return `10.0.0.1 - - [24/Nov/2026:08:00:${second} +0000] "GET /orders/1 HTTP/1.1" 200 12 "-" "-"`;
  }).join("\n") + "\n";
}
