import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { runLoad } from "../../../bench/load/load.ts";
import { parsePhases } from "../../../bench/load/phases.ts";
import { WorkerSampler } from "../../../bench/servers/workers.ts";
import { autoscaled } from "../../support/autoscaled.ts";
import { memoryCgroup } from "../../support/containers/memory_cgroup.ts";
import { until } from "../../support/wait.ts";

const MIB = 2 ** 20;

Deno.test("a memory limit stops growth before it is passed, and the log says so", async () => {
  const group = memoryCgroup(560 * MIB);
  if (group === undefined) {
    console.log("skipped: this machine does not let us make a control group with a memory limit");
    return;
  }
  using cgroup = group;
  await using server = await autoscaled({
    // From a fork server all workers would share the ballast.
    own: ["--min-workers", "2", "--max-workers", "12", "--fork-server", "off"],
    app: "ballast:app",
    env: { BALLAST_MIB: "60" },
    wrap: (words) => ["/bin/sh", "-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words],
  });
  await server.untilWorkers(2);
  const sampler = new WorkerSampler(server.master, "children");
  // Quiet first: until a worker has been weighed, memory bounds nothing.
  const report = await runLoad({
    port: server.port,
    phases: parsePhases("5x4s:/sleep/50,80x6s:/sleep/100"),
    arrivals: "uniform",
  });
  const { changes } = sampler.stop(0, Infinity);
  const peak = Math.max(...changes.map(([, workers]) => workers));
  const log = `${JSON.stringify(changes)}\n${server.log()}`;
  assertEquals([report.errors, cgroup.oomKills()], [0, 0], log);
  assert(peak >= 3, log);
  assertLessOrEqual(peak, 7, log);
  await server.process.line(/but memory allows \d+ \(\d+ of 560 MiB used, \d+ MiB a worker\)/);
  const { process } = server;
  await process.stop("SIGTERM");
  await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
});

Deno.test("in little memory one worker serves at first, and the rest of the minimum where it fits", async (t) => {
  for (const [limitMib, workers] of [[340, 1], [560, 2]] as const) {
    const group = memoryCgroup(limitMib * MIB);
    if (group === undefined) {
      console.log("skipped: this machine does not let us make a control group with a memory limit");
      return;
    }
    using cgroup = group;
    await t.step(`${limitMib} MiB, 150 MiB a worker, a minimum of 2: ${workers}`, async () => {
      await using server = await autoscaled({
        own: ["--min-workers", "2", "--max-workers", "2", "--fork-server", "off"],
        app: "ballast:app",
        env: { BALLAST_MIB: "150" },
        wrap: (words) => ["/bin/sh", "-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words],
      });
      await server.process.line(/1 of 2 workers to begin with, because memory may not hold more/);
      if (workers === 1) {
        await server.process.line(/WARN.* the minimum of 2 does not fit, memory allows 1 \(/);
      } else await server.process.line(/the minimum is 2: grow from 1 to 2 workers/);
      await server.untilWorkers(workers);
      const before = server.workers();
      const load = runLoad({
        port: server.port,
        phases: parsePhases("20x6s:/sleep/20"),
        arrivals: "uniform",
      });
      server.process.signal("SIGHUP");
      await until(
        () => server.workers().length === workers && !server.workers().some((pid) => before.includes(pid)),
        { timeoutMs: 20_000, what: () => `new workers\n${server.log()}` },
      );
      const { errors } = await load;
      assertEquals([errors, cgroup.oomKills(), server.workers().length], [0, 0, workers], server.log());
      await server.process.stop("SIGTERM");
    });
    await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
  }
});

Deno.test("out of memory, the kernel would end a worker before the arbiter and the autoscaler", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"] });
  await server.untilWorkers(2);
  const scores = (pids: readonly number[]) =>
    pids.map((pid) => Number(Deno.readTextFileSync(`/proc/${pid}/oom_score_adj`)));
  const own = scores([Deno.pid])[0]!;
  assertEquals(scores([server.process.pid, server.master]), [own, own]);
  // A worker sets its own, a moment after its fork.
  const most = Math.min(1000, own + 500);
  await until(() => scores(server.workers()).every((score) => score === most), {
    timeoutMs: 5_000,
    what: () => `workers of ${most}; they have ${scores(server.workers())}`,
  });
});
