/**
 * A handler of SIGTERM in the application or worker class
 * Holds: it runs in each worker that ends
 */
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { type SetUp, setUp } from "../support/set_up.ts";

const observe = async (server: Server) => {
  await server.untilWorkers(3);
  await server.scale(3, 2);
  await until(() => ended(server) === 1, { timeoutMs: 20_000, what: "the handler of one worker" });
  await server.untilWorkers(2);
  const code = await server.stop();
  return { code, ended: ended(server) };
};

const LATE = { LATE: "1" };

const variants: readonly Pick<SetUp<unknown>, "line" | "versions" | "env">[] = [
  { line: "-w 3 -k uvicorn_worker.UvicornWorker -b 127.0.0.1:$PORT app:asgi", versions: ["newest"] },
  { line: "-w 3 --threads 4 -b 127.0.0.1:$PORT app:app", versions: ["23", "newest"] },
  { line: "-w 3 -b 127.0.0.1:$PORT app:app", versions: ["newest"] },
  {
    line: "-w 3 -k uvicorn_worker.UvicornWorker -b 127.0.0.1:$PORT app:late",
    versions: ["newest"],
    env: LATE,
  },
  { line: "-w 3 -k app.Worker -b 127.0.0.1:$PORT app:app", versions: ["20.1", "23", "newest"], env: LATE },
];

for (const variant of variants) setUp(import.meta, { ...variant, observe });

/** How many workers' handlers have run. */
function ended(server: Server): number {
  try {
    return new Set(Deno.readTextFileSync(`${server.runtimeBase}/ended`).trim().split("\n")).size;
  } catch {
    return 0;
  }
}
