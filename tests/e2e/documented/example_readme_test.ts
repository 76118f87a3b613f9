/** examples/fastapi/README.md from its first command to its last, in a copy of the folder. */
import { assertEquals } from "@std/assert";
import { commands, ownArguments } from "../../docs/markdown.ts";
import { program } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run, start } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";
import { exampleWheels } from "../../support/builds/wheels.ts";

const example = new URL("../../../examples/fastapi/", import.meta.url).pathname;

Deno.test("the commands of examples/fastapi/README.md, one after the other", async () => {
  await using folder = await tempDir();
  for (const name of ["main.py", "requirements.txt"]) await Deno.copyFile(example + name, folder.join(name));
  const texts = commands("examples/fastapi/README.md").map(({ text }) => text);
  const at = texts.findIndex((text) => ownArguments(text) !== undefined);
  const options = {
    cwd: folder.path,
    // The packages come from a folder, as from any index; the program stands for the installed one.
    env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: await exampleWheels(), PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  };
  const installed = await run("sh", ["-ec", texts.slice(0, at).join("\n")], options);
  assertEquals(installed.code, 0, installed.stdout + installed.stderr);

  const port = freeTcpPort();
  const args = ownArguments(texts[at]!.replace("127.0.0.1:8000", `127.0.0.1:${port}`))!;
  const [command, ...before] = [...program(), "--runtime-dir", folder.path];
  const path = `${folder.join(".venv/bin")}:${Deno.env.get("PATH")}`;
  await using server = start(command!, [...before, ...args], { cwd: folder.path, env: { PATH: path } });
  const answers = () => get({ port }, "/").then((answer) => answer.status === 200, () => false);
  await until(answers, { timeoutMs: 30_000, what: () => `an answer\n${server.text()}` });

  // A tenth of the load is enough to see that the line works.
  const load = texts.slice(at + 1).join("\n").replace("seq 700", "seq 70").replaceAll(":8000", `:${port}`);
  const loaded = await run("sh", ["-ec", `${load}\nwait`], options);
  assertEquals(loaded.code, 0, loaded.stderr);
  for (const path of ["/work?ms=20", "/wait?ms=100", "/orders/1"]) {
    assertEquals((await get({ port }, path)).status, 200, path);
  }
  assertEquals((await server.stop("SIGTERM")).code, 0, server.text());
});
