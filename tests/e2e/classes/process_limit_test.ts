/** A limit of processes and threads that holds the workers to begin with, and not the maximum. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../../support/autoscaled.ts";
import { pidsCgroup } from "../../support/containers/pids_cgroup.ts";
import { forkServers } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import { pin } from "../../faults/support/steady.ts";
import type { VenvName } from "../../support/venv.ts";

const THREADS = 8;
/** Master, control socket, two workers with all their threads, and a few. */
const LIMIT = 2 + 2 * (1 + THREADS) + 6;
const ROUNDS = 10;

for (
  const [venv, forkServer] of [["newest", "off"], ["newest", "on"], ["23", "off"]] as [VenvName, string][]
) {
  Deno.test(`growth leaves the places of threads free, on gunicorn ${venv} with the fork server ${forkServer}`, async () => {
    await using group = pidsCgroup();
    if (group === undefined) return console.log("skipped: no control group with a limit can be made here");
    await using server = await autoscaled({
      venv,
      own: ["--max-workers", "8", "--fork-server", forkServer],
      gunicorn: ["-w", "2", "-k", "gthread", "--threads", String(THREADS)],
    });
    await server.untilWorkers(2);
    group.take([server.master, ...forkServers(server.master), ...server.workers()]);
    group.limit(LIMIT);
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => server.get("/sleep/200")));
      assertEquals(answers.filter(({ status }) => status !== 200), [], server.process.text("stderr"));
    }
    const said = server.process.text("stderr").match(
      /Cannot fork a worker: .* no room for it and its threads/g,
    );
    assertEquals(said?.length, 1, server.process.text("stderr"));
    group.limit("max");
    await pin(server, 5);
    await until(() => server.workers().length >= 5, { timeoutMs: 60_000, what: "growth once there is room" });
  });
}

Deno.test("the maximum is reached where all its threads fit exactly, as without the autoscaler", async () => {
  await using group = pidsCgroup();
  if (group === undefined) return console.log("skipped: no control group with a limit can be made here");
  const most = 4;
  await using server = await autoscaled({
    own: ["--max-workers", String(most)],
    gunicorn: ["-w", "2", "-k", "gthread", "--threads", String(THREADS)],
  });
  await server.untilWorkers(2);
  group.take([server.master, ...server.workers()]);
  group.limit(2 + most * (1 + THREADS));
  await pin(server, most);
  await server.untilWorkers(most);
  for (let round = 0; round < ROUNDS; round++) {
    const answers = await Promise.all(Array.from({ length: 40 }, () => server.get("/sleep/200")));
    assertEquals(answers.filter(({ status }) => status !== 200), [], server.process.text("stderr"));
  }
});
