/**
 * A launcher that starts gunicorn and stays
 * Holds: workers are scaled, TERM ends all processes after their requests
 * Differs: bare, only the launcher
 * Note: `uv run gunicorn`, `poetry run`, shell scripts without `exec` in superset's and other images.
 */
import { assertEquals } from "@std/assert";
import { isAlive } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  launcher: ["./launch.sh"],
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  observe: async (server) => {
    const arbiter = await server.arbiter();
    await server.scale(2, 3);
    await server.untilWorkers(3);
    const launchers = server.process.family().filter(({ pid }) => pid !== arbiter && state(pid) === "T");
    const code = await server.stop();
    await until(() => !isAlive(arbiter), { timeoutMs: 2_000, what: "the end of gunicorn" }).catch(() => {});
    const isOver = !isAlive(arbiter);
    return { stopped: launchers.length, code, isOver };
  },
  // Bare, the TERM ends the shell alone.
  compare: (wrapped) => assertEquals(wrapped, { stopped: 0, code: 0, isOver: true }),
});

setUp(import.meta, {
  launcher: ["python", "launch.py"],
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  observe: async (server) => {
    await server.scale(2, 3);
    await server.untilWorkers(3);
    const text = server.process.text();
    const hooks = ["pre_fork", "post_fork", "post_worker_init"];
    return {
      code: await server.stop(),
      hooks: hooks.filter((one) => text.includes(`${one} of the program`)),
    };
  },
});

setUp(import.meta, {
  launcher: ["python", "own_option.py", "--stage", "prod"],
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  observe: async (server) => {
    await server.scale(2, 3);
    await server.untilWorkers(3);
    return { code: await server.stop() };
  },
});

function state(pid: number): string | undefined {
  try {
    return /^State:\s+(\S)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  } catch {
    return undefined;
  }
}
