/** The autoscaler stopped and continued: the service goes on without it, and scaling resumes with it. */
import { assertEquals } from "@std/assert";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { startJob } from "./support/inner.ts";
import { stateOf, untilBooted, untilGrown } from "./support/steady.ts";

for (const [signal, how] of [["SIGSTOP", "by SIGSTOP"], ["SIGTSTP", "by SIGTSTP"]] as const) {
  fault(
    `the autoscaler stopped for 10 s ${how}`,
    "no request is lost, no worker is removed, and scaling resumes",
    async () => {
      await using server = await startJob(["--min-workers", "2", "--max-workers", "6"]);
      await untilBooted(server, 2);
      const before = server.workers();
      await using load = new Load(server.port, 20, "/sleep/20");
      const stoppedAtMs = performance.now();
      Deno.kill(server.pid, signal);
      await until(() => stateOf(server.pid) === "T", { timeoutMs: 40_000, what: "the stop" });
      await until(() => performance.now() - stoppedAtMs > 10_000, { timeoutMs: 40_000, what: "10 s" });
      assertEquals(server.workers().filter((pid) => before.includes(pid)), before);
      assertEquals(stateOf(server.pid), "T");
      Deno.kill(server.pid, "SIGCONT");
      const steadyMs = await timed(() => untilGrown(server, 2));
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
  );
}
