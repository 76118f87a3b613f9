/**
 * `reuse_port`
 * Holds: a draining worker answers what waits in its queue; new connections reach the others
 * Note: Seen in heroku/python-getting-started (pull request 248).
 */
import { assertEquals } from "@std/assert";
import { setUp } from "../support/set_up.ts";

const ROUNDS = 4;

for (
  const [worker, app, seconds] of [
    ["sync", "app:app", "0"],
    ["gthread --threads 2", "app:app", "0"],
    ["uvicorn_worker.UvicornWorker", "app:asgi", "0"],
    ["uvicorn_worker.UvicornWorker", "app:asgi", "1"],
    ["asgi", "app:asgi", "0"],
  ] as const
) {
  setUp(import.meta, {
    line: `--reuse-port -k ${worker} -b 127.0.0.1:$PORT ${app}`,
    own: ["--min-workers=1", "--max-workers=6"],
    env: { IMPORT_SECONDS: seconds }, // connections wait for workers that boot
    versions: worker.startsWith("uvicorn") ? ["newest"] : ["25", "newest"],
    async observe(server) {
      if (!server.isWrapped) return 0; // bare resets what waits in the queue of a worker that TTOU stops
      let cut = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await server.scale(1, 6);
        await server.untilWorkers(6);
        // More than the workers serve at once: some wait in the queues.
        const waiting = Array.from({ length: 60 }, () => server.status("/?s=0.05", 20_000));
        const shrink = server.scale(6, 2);
        const after = (async () => {
          for (let i = 0; i < 20; i++) if (await server.status("/?s=0.01", 20_000) !== 200) cut++;
        })();
        cut += (await Promise.all(waiting)).filter((status) => status !== 200).length;
        await Promise.all([shrink, after]);
        await server.untilWorkers(2, 40_000);
      }
      return cut;
    },
    compare: (wrapped) => assertEquals(wrapped, 0),
  });
}
