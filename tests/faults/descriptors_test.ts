/** File descriptors run out, in the autoscaler and in gunicorn's master. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { findProgram } from "../support/program.ts";
import { withoutDescriptors } from "./support/descriptors.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { pin, untilBooted, untilGrown, untilServing } from "./support/steady.ts";

const missing = await findProgram("prlimit") === undefined ? "there is no prlimit" : undefined;

fault(
  "no file descriptor left in the autoscaler",
  "no request is lost, no worker is removed, and scaling resumes when descriptors are free",
  async () => {
    await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
    await untilBooted(server, 2);
    const before = server.workers();
    await using load = new Load(server.port, 20, "/sleep/20");
    const restore = await withoutDescriptors(server.process.pid);
    await load.until(() => load.answered > 60);
    assertEquals(server.workers().filter((pid) => before.includes(pid)), before);
    await restore();
    const steadyMs = await timed(() => untilGrown(server, 2));
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
  missing,
);

fault(
  "no file descriptor left in gunicorn's master",
  "workers keep serving, the failed fork is logged, and growth resumes when descriptors are free",
  async () => {
    await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
    await untilBooted(server, 2);
    // gunicorn goes on starting for a while after its first answer, and could not without descriptors.
    await server.process.line(/Control socket listening/, { timeoutMs: 40_000 });
    await pin(server, 2);
    await using load = new Load(server.port, 20, "/sleep/20");
    const restore = await withoutDescriptors(server.master);
    await pin(server, 4);
    await server.process.line(/Cannot fork a worker|Too many open files/, { timeoutMs: 40_000 });
    await restore();
    const steadyMs = await timed(() => untilServing(server, 4));
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
  missing,
);
