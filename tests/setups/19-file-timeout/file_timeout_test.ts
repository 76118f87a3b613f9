/**
 * `timeout = 120` in the config, for long requests
 * Holds: they are answered
 * Differs: the graceful timeout is 120 s too
 * Note: Seen in benoitc/gunicorn #3347 and tiangolo/uvicorn-gunicorn-fastapi-docker #46.
 */
import { assertEquals } from "@std/assert";
import { allAnswered, longRequests } from "../support/long_requests.ts";
import { setUp } from "../support/set_up.ts";

const lines = [
  ["app:app", undefined],
  ["-k uvicorn_worker.UvicornWorker app:asgi", "newest"],
  ["-k asgi app:asgi", "newest"],
] as const;

for (const [line, version] of lines) {
  setUp(import.meta, {
    line,
    own: ["--min-workers=1"],
    ...(version === undefined ? {} : { versions: [version] }),
    observe: async (server) => ({
      ...await longRequests(server, { has: 3, from: 3, seconds: 2 }),
      isTold: /\[INFO\] gunicorn-autoscaler: graceful timeout set to the timeout, 120 s/.test(
        server.process.text(),
      ),
    }),
    compare: (wrapped, bare) => {
      allAnswered(wrapped);
      assertEquals([wrapped.isTold, bare.isTold], [true, false]);
    },
  });
}
