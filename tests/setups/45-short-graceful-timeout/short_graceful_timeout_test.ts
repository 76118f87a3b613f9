/**
 * A `--graceful-timeout` shorter than the requests
 * Holds: they are answered during a shrink
 */
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { type SetUp, setUp } from "../support/set_up.ts";

const REQUESTS = 9;
const SECONDS = 12;

const variants: readonly Pick<SetUp<unknown>, "line" | "versions">[] = [
  { line: "--graceful-timeout 1 --threads 9 --timeout 3 app:app", versions: ["23", "newest"] },
  { line: "--graceful-timeout 0 -k gevent app:app", versions: ["newest"] },
  { line: "--graceful-timeout 0 -k uvicorn_worker.UvicornWorker app:asgi", versions: ["newest"] },
  { line: "--graceful-timeout 1 -k asgi app:asgi", versions: ["newest"] },
];

for (const { line, versions = [] } of variants) {
  setUp(import.meta, {
    line: `-w 3 -b 127.0.0.1:$PORT ${line}`,
    own: ["--min-workers=1"],
    versions,
    observe,
  });
}

async function observe(server: Server): Promise<readonly number[]> {
  await server.untilWorkers(3);
  const started = `${server.runtimeBase}/started`;
  const path = `/?s=${SECONDS}&started=${started}`;
  const requests = Array.from({ length: REQUESTS }, () => server.status(path, 60_000));
  const begun = () => Deno.readTextFile(started).then((text) => text.length === REQUESTS, () => false);
  await until(begun, { timeoutMs: 15_000, what: "requests in the app" });
  if (server.isWrapped) await server.scale(3, 1);
  return await Promise.all(requests);
}
