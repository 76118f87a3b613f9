/** Reloads of workers that boot for 2 s; bench/loss/loss.ts counts the same for longer. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
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
