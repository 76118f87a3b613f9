/**
 * Hooks that notify systemd
 * Holds: it hears them, with `NotifyAccess=all`
 */
import { setUp } from "../support/set_up.ts";

for (const env of [{}, { GUNICORN_AUTOSCALER_FORK_SERVER: "on" }]) {
  setUp(import.meta, {
    before: ["python", "service.py"],
    line: "-w 2 -b 127.0.0.1:$PORT app:app",
    env,
    observe: async (server) => {
      const code = await server.stop();
      const notices = server.process.lines.map(({ text }) => /^notice of .*: (X_.*)$/.exec(text)?.[1]);
      return { code, notices: [...new Set(notices.filter((one) => one !== undefined))].sort() };
    },
  });
}
