/** The commands that the documents show for a running instance, against one that is started as the README shows it. */
import { assert, assertEquals } from "@std/assert";
import { commands, markdownFiles, ownArguments } from "../../docs/markdown.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run, start } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const repository = new URL("../../../", import.meta.url).pathname;
const LIVE = ["status", "explain", "pause", "resume", "scale", "set"];

Deno.test("what the README starts serves, answers every command of the documents, and leaves a recording", async (t) => {
  await using folder = await tempDir();
  const env = { PATH: `${await venv("newest")}/bin:${Deno.env.get("PATH")}` };
  const autoscaler = (args: readonly string[], cwd = folder.path) => ({
    program: Deno.execPath(),
    args: ["run", "-A", `${repository}main.ts`, ...args],
    options: { cwd, env },
  });
  const port = freeTcpPort(), statusPort = freeTcpPort();
  const shown = commands("README.md").map(({ text }) => ownArguments(text)).find((args) =>
    args?.includes("--bind")
  );
  if (shown === undefined) throw new Error("README.md shows no start with --bind");
  const args = shown.map((word) => word === "127.0.0.1:8000" ? `127.0.0.1:${port}` : word);
  const own = [`--record=${folder.path}/night.jsonl`, `--status-addr=127.0.0.1:${statusPort}`];
  const started = autoscaler([...own, ...args], `${repository}examples/fastapi`);
  {
    await using server = start(started.program, started.args, started.options);
    await until(
      async () =>
        server.hasEnded ||
        (await get({ port }, "/", { timeoutMs: 1_000 }).catch(() => undefined))?.status === 200,
      { timeoutMs: 30_000, what: () => `an answer; it said:\n${server.text()}` },
    );
    for (const path of ["/", "/status", "/metrics", "/livez", "/readyz"]) {
      await t.step(`status address: ${path}`, async () => {
        await until(async () => (await get({ port: statusPort }, path)).status === 200, {
          what: `200 for ${path}`,
        });
      });
    }
    for (const text of documented(LIVE)) {
      await t.step(text, async () => {
        const command = autoscaler([...ownArguments(text)!, "--instance", String(server.pid)]);
        const ended = await run(command.program, command.args, command.options);
        assertEquals(ended.code, 0, ended.stderr + ended.stdout);
      });
    }
    await server.stop("SIGTERM", 15_000);
    assertEquals((await server.ended).code, 0, server.text());
    assertEquals(server.family(), []);
  }
  for (const text of documented(["report", "simulate"]).filter((text) => text.includes("night"))) {
    await t.step(text, async () => {
      const command = autoscaler(ownArguments(text)!);
      const ended = await run(command.program, command.args, command.options);
      assertEquals(ended.code, 0, ended.stderr + ended.stdout);
    });
  }
});

/** Commands of the documents with one of these first words. */
function documented(words: readonly string[]): string[] {
  const texts = markdownFiles().flatMap(commands).map(({ text }) => text)
    .filter((text) => words.includes(ownArguments(text)?.[0] ?? ""));
  assert(texts.length > 0);
  return [...new Set(texts)];
}
