/**
 * Hooks that use the application by `worker.wsgi`
 * Holds: they find it
 */
import { setUp } from "../support/set_up.ts";

for (const kind of ["gthread", "gevent", "asgi"]) {
  setUp(import.meta, {
    line: `-w 1 -k ${kind} -c gunicorn.conf.py -b 127.0.0.1:$PORT app:${kind === "asgi" ? "asgi" : "app"}`,
    versions: ["newest"],
    observe: async (server) => {
      const code = await server.stop();
      const notes = Deno.readTextFileSync(`${server.runtimeBase}/notes`).trim().split("\n");
      return { code, notes: notes.filter((note) => note === "closed").length, has: notes.includes("mine") };
    },
  });
}
