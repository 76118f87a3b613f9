import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { completionScript } from "../../src/commands/completions/completions.ts";
import { TOOLS } from "../../src/cli/command_names.ts";
import { OPTIONS } from "../../src/settings/settings_table.ts";
import { findProgram } from "../support/program.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

Deno.test("completions know every command and every option", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = completionScript(shell)!;
    for (const tool of TOOLS) assertMatch(script, new RegExp(`\\b${tool}\\b`), `${shell}: ${tool}`);
    for (const { flag } of OPTIONS) assertStringIncludes(script, flag, shell);
    assertStringIncludes(script, "max-workers=");
  }
  assertEquals(completionScript("powershell"), undefined);
});

/** What bash would offer for these words, the last of them unfinished. */
async function offered(...words: string[]): Promise<string[]> {
  await using dir = await tempDir();
  const script = await dir.write("completion.bash", completionScript("bash")!);
  const list = ["gunicorn-autoscaler", ...words].map((word) => `'${word}'`).join(" ");
  const { stdout } = await run("bash", [
    "-c",
    `source ${script}; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _gunicorn_autoscaler 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ]);
  return stdout.split("\n").filter((line) => line !== "");
}

Deno.test("bash offers commands, options, choices and live settings", async () => {
  assertEquals(await offered("sta"), ["status"]);
  assertEquals(await offered("--min"), ["--min-workers"]);
  assertEquals(await offered("--log-format", ""), ["text", "json"]);
  assertEquals(await offered("set", "max-w"), ["max-workers="]);
  assertEquals(await offered("scale", "--f"), ["--for"]);
  assertEquals(await offered("report", "--"), ["--html", "--slo", "--help"]);
  assertEquals(await offered("simulate", "--max-w"), ["--max-workers"]);
  assertEquals(await offered("simulate", "--no-c"), ["--no-chart"]);
});

Deno.test("bash offers the values of an option, joined or not, and no options in the place of a value", async () => {
  assertEquals(await offered("simulate", "--arrivals", ""), ["poisson", "uniform"]);
  assertEquals(await offered("--probe", "=", "o"), ["on", "off"]);
  assertEquals(await offered("--probe", "="), ["on", "off"]);
  assertEquals(await offered("--min-workers", ""), []);
  assertEquals(await offered("set", "max-workers", "="), []);
});

/** The program whose test is skipped where it is missing. */
async function shell(name: string) {
  const path = await findProgram(name);
  const skipped = path === undefined ? ` (skipped: ${name} is not installed)` : "";
  return { path: path!, skipped, ignore: path === undefined };
}
const [zsh, fish] = [await shell("zsh"), await shell("fish")];

Deno.test({
  name: `fish offers files where a file is wanted, values and denied switches${fish.skipped}`,
  ignore: fish.ignore,
  fn: async () => {
    await using dir = await tempDir();
    await dir.write("night.jsonl", "");
    const script = await dir.write("completion.fish", completionScript("fish")!);
    const fishOffers = async (line: string) => {
      const text = `source ${script}; complete -C "gunicorn-autoscaler ${line}"`;
      const { stdout } = await run(fish.path, ["--no-config", "-c", text], { cwd: dir.path });
      return stdout.split("\n").map((one) => one.split("\t")[0]!).filter((one) => one !== "");
    };
    assertEquals(await fishOffers("simulate --from n"), ["night.jsonl"]);
    assertEquals(await fishOffers("report n"), ["night.jsonl"]);
    assertEquals(await fishOffers("status n"), []);
    assertEquals(await fishOffers("simulate --arrivals "), ["poisson", "uniform"]);
    assertEquals(await fishOffers("--no-dry"), ["--no-dry-run"]);
  },
});

Deno.test({
  name: `zsh offers files where a file is wanted, values and denied switches${zsh.skipped}`,
  ignore: zsh.ignore,
  fn: async () => {
    await using dir = await tempDir();
    const script = await dir.write("completion.zsh", completionScript("zsh")!);
    /** What the script gives to zsh's own function, which reads it. */
    const given = async (...words: string[]) => {
      const list = ["gunicorn-autoscaler", ...words].join(" ");
      const { stdout } = await run(zsh.path, [
        "-fc",
        `compdef() {}; _arguments() { print -rl -- "$@" }; _normal() { print normal $words }
         source ${script}; words=(${list} ''); CURRENT=$#words; _gunicorn_autoscaler`,
      ]);
      return stdout;
    };
    assertStringIncludes(await given("report"), "\n*:file:_files");
    assertMatch(await given("simulate"), /^--from=.*:_files$/m);
    assertMatch(await given("simulate"), /^--arrivals=.*:\(poisson uniform\)$/m);
    assertMatch(await given("simulate"), /^--no-chart\[/m);
    assertEquals((await given("exec", "--min-workers", "2", "--", "python3")).trim(), "normal python3");
  },
});

for (const [name, { path, skipped, ignore }] of [["zsh", zsh], ["fish", fish]] as const) {
  Deno.test({
    name: `${name} takes its completions${skipped}`,
    ignore,
    fn: async () => {
      await using dir = await tempDir();
      const script = await dir.write(`completion.${name}`, completionScript(name)!);
      const { code, stderr } = await run(path, ["-n", script]);
      assertEquals([code, stderr], [0, ""]);
    },
  });
}
