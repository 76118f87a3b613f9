/** Work after the response, while workers go: what was begun is to be finished. */
import { tempDir } from "../../tests/support/tempdir.ts";
import { get } from "../../tests/support/http.ts";
import { until } from "../../tests/support/wait.ts";
import type { Scaled, WorkerClass } from "./loss_servers.ts";

/** One way to work on after the response. */
export interface AfterWork {
  readonly what: string;
  readonly path: string;
  readonly kind: WorkerClass;
}

const GRACEFUL_S = 3, TIMEOUT_S = 6;
/** Longer than the graceful timeout; some of it longer than the timeout too. */
const LEAST_MS = 4_000, MOST_MS = 8_000;
/** --linger-seconds where nothing shows the work. */
const LINGER_S = 9;
const EACH = 12;
const uvicorn = ["-k", "uvicorn_worker.UvicornWorker"];
const gthread = ["--threads", "8"];
const linger = ["--linger-seconds", String(LINGER_S)];

/** The ways that are counted. */
export const afterWorks: readonly AfterWork[] = [
  { what: "BackgroundTask, uvicorn", path: "task", kind: { app: "after_response:asgi", gunicorn: uvicorn } },
  {
    what: `create_task, uvicorn, ${linger.join(" ")}`,
    path: "created",
    kind: { app: "after_response:asgi", gunicorn: uvicorn, own: linger },
  },
  { what: "an executor, uvicorn", path: "pool", kind: { app: "after_response:asgi", gunicorn: uvicorn } },
  { what: "an executor, sync", path: "pool", kind: { app: "after_response:wsgi", gunicorn: [] } },
  { what: "an executor, gthread", path: "pool", kind: { app: "after_response:wsgi", gunicorn: gthread } },
  { what: "close(), gthread", path: "closed", kind: { app: "after_response:wsgi", gunicorn: gthread } },
  {
    what: `a thread, gthread, ${linger.join(" ")}`,
    path: "thread",
    kind: { app: "after_response:wsgi", gunicorn: gthread, own: linger },
  },
];

/** What came of it. */
export interface WorkResult {
  readonly shrinks: number;
  readonly begun: number;
  readonly lost: number;
  readonly aborted: number;
}

/** Starts a server by `start`, and shrinks it from 6 to 2 workers so often with work on all of them. */
export async function countWork(
  { path, kind }: AfterWork,
  shrinks: number,
  start: (kind: WorkerClass) => Promise<Scaled>,
): Promise<WorkResult> {
  await using dir = await tempDir();
  const log = dir.join("work");
  await Deno.writeTextFile(log, "");
  const env = { WORK_LOG: log, PYTHONPATH: new URL("../apps", import.meta.url).pathname };
  const gunicorn = [
    ...kind.gunicorn,
    "--graceful-timeout",
    String(GRACEFUL_S),
    "--timeout",
    String(TIMEOUT_S),
  ];
  await using server = await start({ ...kind, gunicorn, env });
  const count = (word: string) =>
    Deno.readTextFileSync(log).split("\n").filter((line) => line === word).length;
  for (let i = 0; i < shrinks; i++) {
    await server.scale(6);
    const ask = (n: number) =>
      get({ port: server.port }, `/${path}/${LEAST_MS + (MOST_MS - LEAST_MS) * n / EACH}`);
    await Promise.all(Array.from({ length: EACH }, (_, n) => ask(n)));
    await server.scale(2);
    await server.gone(2);
  }
  const begun = count("start");
  // What is lost never comes: those that stay have this long for theirs.
  await until(() => count("done") === begun, { timeoutMs: MOST_MS + 1_000, what: "all work" }).catch(
    () => {},
  );
  const aborted = [...server.text().matchAll(/WORKER TIMEOUT/g)].length;
  return { shrinks, begun, lost: begun - count("done"), aborted };
}
