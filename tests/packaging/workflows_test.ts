import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { findProgram } from "../support/program.ts";
import { run } from "../support/process.ts";

const repository = new URL("../../", import.meta.url).pathname;
const tools = `${repository}.venvs/go`;
const go = await findProgram("go");
if (go === undefined) console.log("Skipped: workflows are not linted here, go is not installed");

Deno.test(
  { name: "actionlint finds nothing wrong with the workflows", ignore: go === undefined },
  async () => {
    await Deno.mkdir(tools, { recursive: true });
    const module = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7";
    const made = await run(go!, ["install", module], { env: { GOBIN: tools } });
    assertEquals(made.code, 0, made.stderr);
    const { code, stdout, stderr } = await run(`${tools}/actionlint`, ["-no-color"], { cwd: repository });
    assertEquals(code, 0, stdout + stderr);
  },
);

Deno.test("release notes are the section of the version, and a missing one is an error", async () => {
  const script = "import sys; sys.path.insert(0, 'packaging'); from notes import notes\n" +
    "print(notes('# C\\n\\n## Unreleased\\n\\n## 1.2.0 - 2026-11-24\\n\\n- new\\n\\n## 1.1.0\\n\\n- old\\n', sys.argv[1]))";
  const answer = await run("python3", ["-B", "-c", script, "1.2.0"], { cwd: repository });
  assertEquals([answer.code, answer.stdout], [0, "- new"], answer.stderr);
  const missing = await run("python3", ["-B", "-c", script, "1.2"], { cwd: repository });
  assertStringIncludes(missing.stderr, "Cannot tell what is new in 1.2");
});

Deno.test("there are release notes for the version that deno.json has", async () => {
  const script = "import sys; sys.path.insert(0, 'packaging'); from notes import notes\n" +
    "print(notes(open('CHANGELOG.md', encoding='utf-8').read(), sys.argv[1]))";
  const answer = await run("python3", ["-B", "-c", script, VERSION], { cwd: repository });
  assertEquals(answer.code, 0, answer.stderr);
  assertMatch(answer.stdout, /^### Added\n\n- /);
});

for (
  const [heading, dated] of [["0.1.0 - unreleased", "False"], ["0.1.0", "False"], [
    "0.1.0 - 2026-11-24",
    "True",
  ]]
) {
  Deno.test(`"## ${heading}" ${dated === "True" ? "can" : "cannot"} be released`, async () => {
    const script = "import sys; sys.path.insert(0, 'packaging'); from notes import is_dated\n" +
      "print(is_dated(sys.argv[1], '0.1.0'))";
    const answer = await run("python3", ["-B", "-c", script, `# C\n\n## ${heading}\n\n- new\n`], {
      cwd: repository,
    });
    assertEquals(answer.stdout, dated, answer.stderr);
  });
}
