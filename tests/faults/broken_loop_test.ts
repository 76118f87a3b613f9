/** The decision loop throwing on purpose. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { tempDir } from "../support/tempdir.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { untilBooted, untilGrown } from "./support/steady.ts";

const throwing = new URL("support/throwing_main.ts", import.meta.url).pathname;
const isBinary = (Deno.env.get("AUTOSCALER_BINARY") ?? "") !== "";

fault(
  "the decision loop throws at each tick",
  "the workers serve, the error is logged once, and scaling resumes",
  async () => {
    await using dir = await tempDir();
    const trap = dir.join("throw");
    await using server = await autoscaled({
      own: ["--min-workers", "2", "--max-workers", "6"],
      env: { THROW_WHEN: trap },
      wrap: (words) => words.map((word) => word.endsWith("/main.ts") ? throwing : word),
    });
    await untilBooted(server, 2);
    const before = server.workers();
    await using load = new Load(server.port, 30, "/sleep/100");
    await Deno.writeTextFile(trap, "");
    await server.process.line(/the autoscaler's loop failed \(Error: on purpose\)/, {
      timeoutMs: 40_000,
    });
    const { answered } = load;
    await load.until(() => load.answered > answered + 60);
    assertEquals(server.workers().filter((pid) => before.includes(pid)), before);
    assertEquals(server.log().match(/autoscaler's loop failed/g)?.length, 1);
    await Deno.remove(trap);
    const steadyMs = await timed(() => untilGrown(server, 2));
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
  isBinary ? "the compiled program cannot be made to throw" : undefined,
);
