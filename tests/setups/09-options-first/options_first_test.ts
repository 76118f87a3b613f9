/**
 * gunicorn's options before the application, ours among them
 * Holds: every order starts the same server; `--log-level` is gunicorn's
 * Note: Seen in pgadmin4, superset, redash and Cloud Run's samples.
 */
import { setUp } from "../support/set_up.ts";

const lines: [own: string[], line: string][] = [
  [[], "-b 127.0.0.1:$PORT -w 4 --threads 2 app:app"],
  [["--max-workers", "4"], "-w4 --bind=127.0.0.1:$PORT app:app --log-level debug --access-logfile -"],
  [[], "--log-level=debug app:app -b 127.0.0.1:$PORT"],
];

for (const [own, line] of lines) {
  setUp(import.meta, {
    line,
    own,
    observe: async (server) => ({
      status: await server.status("/"),
      isDebugging: server.process.lines.some(({ text }) => text.includes("[DEBUG] Current configuration")),
      code: await server.stop(),
    }),
  });
}
