import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { store } from "../sensors/probe/shared_pages.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { controlSocket, runtimeFolder } from "../support/running_commands.ts";
import { until } from "../support/wait.ts";

Deno.test("an app that pretends the most in all slots gets the maximum at most, and nonsense in the arbiter file no more", async () => {
  await using it = await autoscaled({
    own: ["--min-workers", "2", "--max-workers", "5", "--idle-seconds", "1"],
  });
  await it.untilWorkers(2);
  const folder = await runtimeFolder(it);
  const targets: number[] = [];
  const look = async () => {
    const { status, body } = await get({ socket: await controlSocket(it) }, "/status");
    if (status === 200) targets.push((JSON.parse(body) as { target: number }).target);
  };
  const deadline = performance.now() + 4_000;
  for (let n = 1; performance.now() < deadline; n++) {
    for (const pid of it.workers()) {
      try {
        // Its own kind of work, as much of it as is believed of a sync worker.
        store(`${folder}/w-${pid}`, { 18: 1, 21: n * 900, 22: n * 900, 24: n * 9e8 });
      } catch {
        // That worker has gone.
      }
    }
    // What the master says of itself: a count, boot failures and a class that are not true.
    store(`${folder}/arbiter`, { 17: 99_999, 23: 0, 26: n % 9, 27: 2n ** 63n });
    await look();
    await delay(20);
  }
  assert(
    targets.length > 0 && targets.every((target) => target >= 2 && target <= 5),
    `${targets}\n${it.log()}`,
  );
  assert(targets.some((target) => target > 2), "a lie is believed as far as it is possible");
  assertEquals((await it.get("/")).status, 200);
});

for (const wanted of [20, 100_001]) {
  Deno.test(`an app that writes ${wanted} wanted workers into the arbiter file is overruled at the next tick`, async () => {
    await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "5"] });
    await it.untilWorkers(2);
    const folder = await runtimeFolder(it);
    store(`${folder}/arbiter`, { 2: wanted, 3: 77 });
    Deno.kill(it.master, "SIGTTIN");
    await it.process.line(/Handling signal: ttin/);
    const wantedNow = () => new BigUint64Array(Deno.readFileSync(`${folder}/arbiter`).buffer)[2];
    await until(() => wantedNow() === 2n, { what: () => `2 wanted again, not ${wantedNow()}` });
    await it.untilWorkers(2);
    assertEquals((await it.get("/")).status, 200);
  });
}
