/**
 * Background tasks after the response
 * Holds: those longer than both timeouts finish during a shrink
 * Differs: bare kills them
 * Note: gunicorn's asgi worker is not tried: it cancels a call 3 s after its client has gone
 * (`asgi_disconnect_grace_period`). Seen in fastapi/fastapi (`BackgroundTasks`).
 */
import { assertEquals } from "@std/assert";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

for (
  const kind of [
    "-k uvicorn_worker.UvicornWorker app:asgi",
    "-k gevent app:wsgi",
    "--threads 4 app:wsgi",
  ]
) {
  setUp(import.meta, {
    line: `--timeout 6 --graceful-timeout 2 -b 127.0.0.1:$PORT ${kind}`,
    own: ["--min-workers=1", "--max-workers=4"],
    versions: ["newest"],
    observe: (server) => background(server),
    compare: (wrapped) => assertEquals(wrapped, { done: 8, aborted: 0 }),
  });
}

setUp(import.meta, {
  line: "-k uvicorn_worker.UvicornWorker --graceful-timeout 2 -b 127.0.0.1:$PORT app:asgi",
  own: ["--min-workers=1", "--max-workers=4", "--linger-seconds=8"],
  versions: ["newest"],
  observe: (server) => background(server, "/thread?s=5"),
  compare: (wrapped) => assertEquals(wrapped, { done: 8, aborted: 0 }),
});

async function background(
  server: Server,
  work = "/background?s=8",
): Promise<{ done: number; aborted: number }> {
  if (!server.isWrapped) return { done: 0, aborted: 0 };
  await using dir = await tempDir();
  const path = dir.join("log");
  await server.scale(1, 4);
  const serve = new Set<number>();
  await until(async () => serve.add(await server.answeringWorker()).size === 4, {
    timeoutMs: 20_000,
    what: () => `answers of 4 workers, not ${serve.size}`,
  });
  await Promise.all(Array.from({ length: 8 }, () => server.status(`${work}&log=${path}`)));
  await until(() => count(path, "start") === 8, { timeoutMs: 20_000, what: "8 tasks" });
  await server.scale(4, 1);
  await server.untilWorkers(1, 60_000);
  await until(() => count(path, "done") === 8, {
    timeoutMs: 20_000,
    what: () => `8 ends of tasks, there are ${count(path, "done")}\n${server.process.text()}`,
  });
  const aborted = server.process.lines.filter(({ text }) => /WORKER TIMEOUT/.test(text)).length;
  return { done: count(path, "done"), aborted };
}

function count(path: string, line: string): number {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((one) => one === line).length;
  } catch {
    return 0;
  }
}
