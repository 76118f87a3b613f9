import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { ProbeSlots } from "../../src/sensors/probe/probe_slots.ts";
import { SlotFolder, store } from "../sensors/probe/shared_pages.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { run } from "../support/process.ts";
import { controlSocket, runtimeFolder } from "../support/running_commands.ts";
import { until } from "../support/wait.ts";

Deno.test("links, folders and pipes under the names of slots are not opened", async () => {
  using folder = new SlotFolder();
  folder.add(11);
  Deno.symlinkSync(`${folder.path}/w-11`, `${folder.path}/w-12`);
  Deno.symlinkSync("/dev/zero", `${folder.path}/w-13`);
  Deno.mkdirSync(`${folder.path}/w-14`);
  assertEquals((await run("mkfifo", [`${folder.path}/w-15`])).code, 0); // opening it would wait for ever
  for (const name of ["w-0", "w-011", "w--1", "w-1e3", "w-99999999", "w-", "x-11"]) {
    Deno.copyFileSync(`${folder.path}/w-11`, `${folder.path}/${name}`);
  }
  const slots = new ProbeSlots(folder.path);
  slots.read(10e9);
  assertEquals(slots.pids, [11]);
  slots.close();
});

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
