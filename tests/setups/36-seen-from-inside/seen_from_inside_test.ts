/**
 * What hooks and the application see of their process
 * Holds: user, signal handlers, environment, descriptors, loggers and siblings are as bare
 */
import { assert, assertEquals } from "@std/assert";
import { get } from "../../support/http.ts";
import { until } from "../../support/wait.ts";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

type Line = Readonly<Record<string, unknown>> & { readonly place: string };

function lines(server: Server): Line[] {
  const text = Deno.readTextFileSync(`${server.runtimeBase}/seen`)
    .replaceAll(String(server.port), "1").replaceAll(server.runtimeBase, "BASE")
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID"); // by which the test finds processes
  // The last may be half written.
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

async function untilSeen(server: Server, place: string, count: number): Promise<void> {
  const seen = () => lines(server).filter((line) => line.place === place).length;
  await until(() => seen() >= count, {
    timeoutMs: 30_000,
    what: () => `${count} times ${place}, there are ${seen()}`,
  });
}

/** Place and path of a value -> the values seen there. */
async function observe(server: Server): Promise<Record<string, string[]>> {
  if (server.isWrapped) await server.process.line(/imported the application/);
  await untilSeen(server, "post_worker_init", 2);
  const draws = new Map<number, number>();
  await until(async () => {
    const [pid, drawn] = JSON.parse((await get({ port: server.port }, "/")).body);
    if (!draws.has(pid)) draws.set(pid, drawn);
    return draws.size === 2;
  }, { timeoutMs: 30_000, what: "answers of two workers" });
  const [first, second] = [...draws.values()];
  assert(first !== second, "random numbers differ");
  Deno.kill([...draws.keys()][0]!, "SIGKILL");
  await untilSeen(server, "post_worker_init", 3);
  Deno.kill(await server.arbiter(), "SIGHUP");
  await untilSeen(server, "post_worker_init", 5);
  await untilSeen(server, "child_exit", 3);
  const code = await server.stop();
  const found: Record<string, Set<string>> = { code: new Set([String(code)]) };
  for (const { place, ...line } of lines(server)) {
    for (const [path, value] of values(line)) {
      if (!SAME.test(`${place}${path}`) || OTHERWISE.test(place + path)) continue;
      (found[`${place}${path}`] ??= new Set()).add(value);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([path, set]) => [path, [...set].sort()]));
}

function values(value: unknown, path = ""): [path: string, value: string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [[path, JSON.stringify(value)]];
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return [[path, "{}"]];
  return entries.flatMap(([key, one]) => values(one, `${path}/${key}`));
}

/** What is compared. */
const SAME =
  /^(code|(post_worker_init|request|worker_exit|atexit)\/process|(post_fork|post_worker_init)\/(worker|given)|request)\b/;
/** What is ours, or a matter of chance: who answers, who was killed. */
const OTHERWISE =
  /^(request|worker_exit|atexit)\/process\/(tasks|threads|blocked)$|\/(OLDPWD|WORKER_NAME|SIGTTOU|PIPE|wait_fds|load_wsgi|tmp|nr|handle|wait|notify)\b/;

for (
  const [more, versions] of [
    ["app:app", ["20.1", "23", "newest"]],
    ["-k gthread --threads 2 app:app", ["20.1", "23", "newest"]],
    ["-k uvicorn_worker.UvicornWorker app:asgi", ["newest"]],
    ["-u 65534 -g 65534 app:app", ["20.1", "newest"]], // without post_fork, which forbids the fork server then
  ] as const
) {
  setUp(import.meta, {
    before: ["/bin/sh", "-c", 'chmod 711 "$XDG_RUNTIME_DIR"; exec "$@"', "sh"],
    own: ["--min-workers=2", "--max-workers=2", "--fork-server=on"],
    line: `-w 2 -b 127.0.0.1:$PORT --env SET_BY_ENV=gunicorn ${more}`,
    env: more.startsWith("-u ") ? { WITHOUT_POST_FORK: "1" } : {},
    versions,
    observe,
    // A bare uvicorn worker ends without worker_exit.
    compare: (wrapped, bare) =>
      assertEquals(Object.fromEntries(Object.keys(bare).map((path) => [path, wrapped[path]])), bare),
  });
}
