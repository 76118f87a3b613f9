/** The autoscaler stopped and continued: the service goes on without it, and scaling resumes with it. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./fault.ts";
import { Load } from "./load.ts";
import { untilGrown } from "./steady.ts";

for (const [signal, how] of [["SIGSTOP", "by SIGSTOP"], ["SIGTSTP", "by SIGTSTP"]] as const) {
  fault(
    `the autoscaler stopped for 10 s ${how}`,
    "no request is lost meanwhile, the count stays, and scaling resumes",
    async () => {
      await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "6"] });
      await server.untilWorkers(2);
      const before = server.workers();
      await using load = new Load(server.port, 20, "/sleep/20");
      const stoppedAtMs = performance.now();
      server.process.signal(signal);
      await until(() => state(server.process.pid) === "T", { what: "the stop" });
      await until(() => performance.now() - stoppedAtMs > 10_000, { timeoutMs: 20_000, what: "10 s" });
      assertEquals(server.workers(), before);
      assertEquals(state(server.process.pid), "T");
      server.process.signal("SIGCONT");
      const steadyMs = await timed(() => untilGrown(server, 2));
      await load.stop();
      assertEquals(load.failures, []);
      return steadyMs;
    },
  );
}

/** R, S, T ... of /proc/PID/stat. */
function state(pid: number): string {
  return /\) (\S) /.exec(Deno.readTextFileSync(`/proc/${pid}/stat`))![1]!;
}
