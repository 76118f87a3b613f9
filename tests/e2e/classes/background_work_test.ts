/** Work after the response; bench/loss/loss.ts counts the same for longer. */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { afterWorks, countWork } from "../../../bench/loss/loss_background.ts";
import { underUs } from "../../../bench/loss/loss_servers.ts";

for (const work of afterWorks) {
  Deno.test(`no work after the response is lost in a shrink: ${work.what}`, async () => {
    const { begun, lost, aborted } = await countWork(work, 1, (kind) => underUs(kind, "newest"));
    assertGreaterOrEqual(begun, 10);
    assertEquals([lost, aborted], [0, 0]);
  });
}
