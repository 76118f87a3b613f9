/** The wall clock jumps, for the autoscaler and for gunicorn. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { untilBooted, untilGrown } from "./support/steady.ts";

const source = new URL("support/shifted_clock.c", import.meta.url).pathname;
const missing = await findProgram("cc") === undefined ? "there is no C compiler" : undefined;

for (
  const [name, seconds] of [["an hour forward", 3_600], ["a day back", -86_400]] as const
) {
  fault(
    `the wall clock jumps ${name}`,
    "no request is lost, no worker is replaced, and scaling goes on",
    async () => {
      await using dir = await tempDir();
      const library = dir.join("shifted_clock.so");
      const built = await run("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
      assertEquals(built.code, 0, built.stderr);
      const shift = await dir.write("shift", "0");
      const server = await autoscaled({
        own: ["--min-workers", "2", "--max-workers", "6"],
        env: { LD_PRELOAD: library, SHIFT_FILE: shift },
      });
      await using _server = server;
      await untilBooted(server, 2);
      const before = server.workers();
      await using load = new Load(server.port, 20, "/sleep/20");
      await Deno.writeTextFile(shift, String(seconds));
      const steadyMs = await timed(() => untilGrown(server, 2));
      assertEquals(server.workers().filter((pid) => before.includes(pid)), before);
      // The jump was real: the log's own times show it.
      const jumped = new Date(Date.now() + seconds * 1000).toISOString().slice(0, 10);
      const today = new Date().toISOString().slice(0, 10);
      if (jumped !== today) {
        const stamp = () => server.log().split("\n").at(-1)!.slice(1, 11);
        await until(() => stamp() === jumped, { what: () => `a line of ${jumped}\n${server.log()}` });
        assertNotEquals(stamp(), today);
      }
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
    missing,
  );
}
