/** With the fork server: a light sleep keeps it and wakes by a fork, a deep one lets it go. */
import { assertEquals } from "@std/assert";
import { spareOf } from "../../../bench/costs/spare.ts";
import { get } from "../../support/http.ts";
import { trySignal } from "../../support/process.ts";
import { forkServers } from "../../support/processes.ts";
import { command } from "../../support/running_commands.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";
import { codeOf, PATIENCE_MS, sleepy, untilAsleep } from "./support.ts";
import { hasWorker } from "../../support/venv.ts";

for (
  const [venv, gunicorn] of [
    ["20.1", []],
    ["23", ["--threads", "2"]],
    ["newest", []],
    ["newest", ["-k", "asgi"]],
  ] as const
) {
  const ignore = !hasWorker(venv, gunicorn[1] ?? "");
  Deno.test(
    `gunicorn ${venv} ${gunicorn.join(" ")}: a light sleep wakes without an import, a deep one with one`,
    { ignore },
    async () => {
      await using dir = await tempDir();
      const isAsgi = gunicorn.some((word) => word === "asgi");
      await dir.write("app.py", `from ${isAsgi ? "asgi" : "wsgi"} import app\n`);
      await using server = await sleepy({
        own: ["--fork-server", "on"],
        app: "app:app",
        gunicorn: ["--pythonpath", dir.path, ...gunicorn],
        venv,
      });
      const imports = () => server.process.text("stderr").match(/imported the application/g)?.length ?? 0;
      await server.process.line(/imported the application/, { timeoutMs: PATIENCE_MS });
      for (let i = 0; i < 3; i++) {
        await untilAsleep(server);
        assertEquals(forkServers(server.master).length, 1);
        assertEquals((await server.get("/")).status, 200);
      }
      assertEquals(imports(), 1);
      await untilAsleep(server);
      await dir.write("app.py", "def app(:\n");
      server.process.signal("SIGHUP");
      await server.process.line(/Cannot import the new code in a fork server: .*; the old code stays/, {
        timeoutMs: PATIENCE_MS,
      });
      assertEquals((await server.get("/")).status, 200, "by the old code");
      await dir.write("app.py", `from ${isAsgi ? "asgi" : "wsgi"} import app\n`);
      assertEquals((await command(server, "set", "deep-sleep-after=0.5")).code, 0);
      await untilAsleep(server);
      await until(() => forkServers(server.master).length === 0, {
        timeoutMs: PATIENCE_MS,
        what: () => `the end of the fork server\n${server.process.text("stderr")}`,
      });
      assertEquals((await server.get("/")).status, 200);
      assertEquals(imports(), 2);
      server.process.signal("SIGTERM");
      assertEquals((await server.process.exited).code, 0);
    },
  );
}

Deno.test("the next request is answered after a light sleep in which the spare or the fork server was killed, at max_requests too", async () => {
  await using server = await sleepy({
    own: ["--fork-server", "on"],
    gunicorn: ["--max-requests", "1"],
    untilReady: false,
  });
  await server.process.line(/imported the application/, { timeoutMs: PATIENCE_MS });
  const killed = [() => spareOf(server.master), () => forkServers(server.master)[0]];
  for (const pidOf of killed) {
    await untilAsleep(server);
    await until(() => pidOf() !== undefined, { what: "a spare", timeoutMs: PATIENCE_MS });
    trySignal(pidOf()!, "SIGKILL");
    assertEquals((await get({ port: server.port }, "/", { timeoutMs: PATIENCE_MS })).status, 200);
  }
  await untilAsleep(server);
});

Deno.test("a reload and a request that come together while asleep: the answer is whole, and the new code serves", async () => {
  await using dir = await tempDir();
  const write = (answer: number) => dir.write("fresh.py", codeOf("wsgi:app", `code ${answer}`));
  await write(0);
  await using server = await sleepy({
    own: ["--fork-server", "on"],
    app: "fresh:app",
    gunicorn: ["--pythonpath", dir.path],
  });
  const target = { port: server.port };
  for (let i = 1; i <= 5; i++) {
    await untilAsleep(server);
    await write(i);
    const asked = () => get(target, "/", { timeoutMs: PATIENCE_MS });
    if (i % 2 === 0) server.process.signal("SIGHUP");
    const first = asked();
    if (i % 2 === 1) server.process.signal("SIGHUP");
    assertEquals((await first).status, 200);
    await until(async () => (await asked()).body === `code ${i}`, {
      what: "the new code",
      timeoutMs: PATIENCE_MS,
    });
  }
});
