/**
 * `wsgi_app` in a config file, no application named
 * Holds: it starts, serves and stops as bare
 * Note: Seen in benoitc/gunicorn #1359, Pylons/pyramid_cookbook PR #171 and hypothesis/h PR #8386.
 */
import { setUp } from "../support/set_up.ts";

const starts: [line: string, env: Record<string, string>][] = [
  ["", {}],
  ["-c gunicorn.conf.py", {}],
  ["--threads 2", { GUNICORN_CMD_ARGS: "--config=gunicorn.conf.py" }],
];

for (const [line, env] of starts) {
  setUp(import.meta, {
    line,
    env,
    observe: async (server) => ({ status: await server.status("/"), code: await server.stop() }),
  });
}
