/**
 * A hook that signals gunicorn's parent
 * Holds: `os.getppid()` finds it
 */
import { setUp } from "../support/set_up.ts";

const START =
  '"$@" & trap "kill $!" TERM; trap "echo told" USR1; while kill -0 $! 2>/dev/null; do wait $!; done';

for (const forkServer of ["off", "on"]) {
  setUp(import.meta, {
    before: ["/bin/sh", "-c", START, "sh"],
    line: "-w 2 -c gunicorn.conf.py -b 127.0.0.1:$PORT app:app",
    own: ["--fork-server", forkServer],
    versions: forkServer === "on" ? ["newest"] : ["20.1", "newest"],
    observe: async (server) => {
      await server.process.line(/^told$/, { timeoutMs: 10_000 });
      return await server.stop();
    },
  });
}
