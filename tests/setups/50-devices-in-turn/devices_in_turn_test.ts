/**
 * Devices given out by `len(server.WORKERS)`
 * Holds: after a reload, each has as many workers
 * Note: Seen in immich-app/immich (`machine-learning/gunicorn_conf.py`).
 */
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

for (const mode of ["off", "on"]) {
  setUp(import.meta, {
    line: "-w 4 -b 127.0.0.1:$PORT app:app",
    own: ["--min-workers=4", "--max-workers=4", `--fork-server=${mode}`],
    observe: async (server) => {
      const arbiter = await server.arbiter();
      /** What was noted of the workers that there are, without their pids. */
      const devices = () => {
        const alive = children(arbiter);
        return notes(`${server.runtimeBase}/notes`).filter(([pid]) => alive.includes(Number(pid)));
      };
      await until(() => devices().length === 4, {
        timeoutMs: 30_000,
        what: () => `four workers\n${server.process.text()}`,
      });
      const before = devices().map(([pid]) => pid);
      Deno.kill(arbiter, "SIGHUP");
      await until(() => devices().length === 4 && devices().every(([pid]) => !before.includes(pid)), {
        timeoutMs: 30_000,
        what: () => `four new workers\n${server.process.text()}`,
      });
      return devices().map(([, ...given]) => given.join(" ")).sort();
    },
  });
}

function notes(path: string): string[][] {
  return Deno.readTextFileSync(path).trim().split("\n").map((line) => line.split(" "));
}
