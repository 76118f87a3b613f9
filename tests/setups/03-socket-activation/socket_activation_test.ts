/**
 * A systemd socket
 * Holds: gunicorn serves it, not its default address
 * Note: gunicorn's deployment page has a .socket unit and no --bind. A process whose pid is not LISTEN_PID
 * ignores the socket and listens on 127.0.0.1:8000.
 */
import { findProgram } from "../../support/program.ts";
import { setUp } from "../support/set_up.ts";

const passedOn = [
  ...["XDG_RUNTIME_DIR", "GUNICORN_AUTOSCALER_RUNTIME_DIR", "PYTHONDONTWRITEBYTECODE"],
  ...["DENO_DIR", "DENO_TLS_CA_STORE"], // its cache
];
const activate = await findProgram("systemd-socket-activate");
if (activate === undefined) {
  console.log("Skipped: systemd-socket-activate is missing, no socket is activated");
} else {
  setUp(import.meta, {
    before: [activate, "-l", "127.0.0.1:$PORT", ...passedOn.flatMap((name) => ["-E", name])],
    line: "-w 2 app:app",
    observe: async (server) => {
      const listening = new RegExp(`Listening at: http://127\\.0\\.0\\.1:${server.port} `);
      return {
        status: await server.status("/"),
        isItsSocket: server.process.lines.some(({ text }) => listening.test(text)),
        code: await server.stop(),
      };
    },
  });
}
