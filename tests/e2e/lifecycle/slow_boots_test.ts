/** Reloads of workers that boot for 2 s, and work after the response; bench/loss/loss.ts counts the same for longer. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { afterWorks, countWork } from "../../../bench/loss/loss_background.ts";
import { countBoots, slowBoot } from "../../../bench/loss/loss_boots.ts";
import { underUs } from "../../../bench/loss/loss_servers.ts";

for (const version of ["20.1", "newest"] as const) {
  Deno.test(`a reload of 4 workers that boot for 2 s, at half load, keeps 99 % within 300 ms: gunicorn ${version}`, async () => {
    await using server = await underUs(slowBoot, version);
    const { sent, lost, share } = await countBoots(server, 1);
    assertGreaterOrEqual(sent, 100);
    assertEquals(lost, 0);
    assertGreaterOrEqual(share, 0.99);
  });
}

for (const work of afterWorks) {
  Deno.test(`no work after the response is lost in a shrink: ${work.what}`, async () => {
    const { begun, lost, aborted } = await countWork(work, 1, (kind) => underUs(kind, "newest"));
    assertGreaterOrEqual(begun, 10);
    assertEquals([lost, aborted], [0, 0]);
  });
}
