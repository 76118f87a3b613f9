/** The fork server on the Pythons and gunicorns that other tests do not run on. */
import { assertEquals } from "@std/assert";
import { forks, started, untilForkServer } from "./support.ts";
import { pin, untilBooted, untilReplaced } from "../../faults/support/steady.ts";
import { isAlive } from "../../support/processes.ts";
import { findPython } from "../../support/builds/pythons.ts";
import { makeVenv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const PAIRS = [
  ["3.8", "22.0.0"],
  ["3.9", "23.0.0"],
  ["3.10", "25.3.0"],
  ["3.12", "26.2.0"],
  ["3.13", "27.0.1"],
  ["3.14", "27.0.1"],
  ["3.15", "27.0.1"],
] as const;

for (const [python, gunicorn] of PAIRS) {
  const program = await findPython(python);
  if (program === undefined) console.log(`no Python ${python} is found: its test is skipped`);
  const name = `Python ${python}, gunicorn ${gunicorn}: a fork server's workers boot, grow, reload and end`;
  Deno.test({ name, ignore: program === undefined }, async () => {
    const path = new URL(`../../../.venvs/${python}-${gunicorn}`, import.meta.url).pathname;
    const venvPath = await makeVenv(path, [`gunicorn==${gunicorn}`], program);
    await using server = await started({ venvPath, env: { IMPORT_SECONDS: "0.4" } });
    await server.process.line(/fork server \d+ imported the application/);
    await pin(server, 5);
    await untilBooted(server, 5);
    const [first, before] = [await untilForkServer(server), server.workers()];
    const forked = await forks(server);
    assertEquals(forked >= 3, true, `${forked} workers came from the fork server`);
    server.process.signal("SIGHUP");
    await untilForkServer(server, first);
    await untilReplaced(server, before, 5);
    await pin(server, 2);
    await untilBooted(server, 2);
    assertEquals(await forks(server) >= forked + 5, true, `${await forks(server)} after a reload`);
    const processes = [server.master, ...server.workers(), await untilForkServer(server)];
    server.process.signal("SIGTERM");
    assertEquals((await server.process.exited).code, 0, server.process.text("stderr"));
    await until(() => !processes.some((pid) => isAlive(pid)), { what: "the end of all" });
  });
}
