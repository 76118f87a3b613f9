/**
 * Scaling under load: every request is answered, whichever worker is removed. bench/loss/loss.ts counts the
 * same for longer.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { countLosses } from "../../../bench/loss/loss_run.ts";
import { underUs, workerClasses, type WorkerClassName } from "../../../bench/loss/loss_servers.ts";
import { hasWorker, type VenvName } from "../../support/venv.ts";

const cases: readonly [WorkerClassName, VenvName][] = [
  ["sync", "newest"],
  ["gthread", "newest"],
  ["gthread", "23"], // its kept connections are ours to see to
  ["gevent", "newest"],
  ["uvicorn", "newest"],
  ["asgi", "newest"],
  ["asgi", "25"], // asyncio's loop, and a count of connections that is wrong
];

for (const [name, venv] of cases) {
  lossless(name, venv, "scale");
}
// Those that would cut kept connections at a SIGTERM.
lossless("gthread", "23", "reload");
lossless("uvicorn", "newest", "reload");

function lossless(name: WorkerClassName, venv: VenvName, by: "scale" | "reload") {
  const what = by === "scale" ? "while the number of workers goes up and down" : "by a reload";
  const ignore = !hasWorker(venv, name);
  Deno.test(`${name} (gunicorn ${venv}): no request is lost ${what}`, { ignore }, async () => {
    // A busy machine may keep a client from asking for longer than gunicorn's 2 s: that end of a connection is no loss.
    const { app, gunicorn, ...rest } = workerClasses[name];
    const kind = { ...rest, app, gunicorn: [...gunicorn, "--keep-alive", "15"] };
    await using server = await underUs(kind, venv);
    const result = await countLosses(server, kind, {
      changes: by === "scale" ? 8 : 1,
      by,
      everyMs: 150,
      slowMs: 500,
    });
    assertEquals(result.losses, []);
    assertEquals([result.failed, result.cut], [0, 0]);
    assertGreater(result.tallies.get("slow")!.sent, 0);
    assertGreater(result.tallies.get("stream")!.sent, 0);
    assertGreater(result.sent, 200);
  });
}
