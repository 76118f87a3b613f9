import { assertEquals, assertStringIncludes } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { appsFolder } from "../../support/apps.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";

for (const name of ["newest", "23", "20.1"] as const satisfies readonly VenvName[]) {
  Deno.test(`gunicorn ${name}: however many workers fail their first boot at once, the exit code is gunicorn's own`, async () => {
    const bare = await run(bin(await venv(name), "gunicorn"), [
      "nothing:app",
      "-b",
      `127.0.0.1:${freeTcpPort()}`,
    ]);
    await using server = await autoscaled({
      own: ["--min-workers", "6", "--max-workers", "6"],
      app: "nothing:app",
      venv: name,
      untilReady: false,
    });
    assertEquals((await server.process.exited).code, bare.code, server.process.text());
    assertStringIncludes(server.log(), "a worker could not boot, its error is above");
  });
}

Deno.test("a config that wants a daemon under a service manager: it stays in the foreground, with a log line", async () => {
  await using dir = await tempDir();
  const config = await dir.write("conf.py", "daemon = True\n");
  await using server = await autoscaled({
    gunicorn: ["-c", config],
    env: { NOTIFY_SOCKET: dir.join("none") },
  });
  assertStringIncludes(server.process.text("stderr"), "daemon = True is ignored");
  await server.untilWorkers(2);
  assertEquals((await server.process.stop("SIGTERM")).code, 0);
});

Deno.test("--print-config and --check-config of gunicorn pass through and end", async () => {
  const [command, ...rest] = program();
  const env = { PATH: `${await venv("newest")}/bin:${Deno.env.get("PATH")}` };
  const shown = await run(command!, [...rest, "wsgi:app", "--chdir", appsFolder, "--print-config"], { env });
  assertEquals(shown.code, 0, shown.stderr);
  assertStringIncludes(shown.stdout, "worker_class");
  const checked = await run(command!, [...rest, "nothing:app", "--check-config"], { env });
  assertEquals(checked.code, 1, checked.stderr);
});
