/** Processes killed with SIGKILL: workers, gunicorn's master, the autoscaler itself. */
import { assertEquals } from "@std/assert";
import { trySignal } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { compared } from "./support/compared.ts";

const KILLS = 6;

compared({
  fault: "workers killed at random under load",
  holds: "each is replaced, and only the requests in service are lost",
  options: { workers: 3 },
  perSecond: 40,
  mostLost: KILLS,
  async inject(server) {
    for (let kill = 0; kill < KILLS; kill++) {
      const workers = await until(() => {
        const now = server.workers();
        return now.length === 3 && now;
      }, { timeoutMs: 40_000, what: "a replacement" });
      trySignal(workers[Math.floor(Math.random() * 3)]!, "SIGKILL");
    }
  },
  end: "serving",
});

compared({
  fault: "gunicorn's master killed",
  holds: "its workers end too, the exit code is 137, and the port is free for a restart",
  options: { workers: 3 },
  inject: (server) => trySignal(server.master, "SIGKILL"),
  end: "gone",
  async check(server) {
    assertEquals((await server.process.exited).code, 137);
  },
});

/** A worker that comes later than the first two lets its fork be seen, and is not done with it for a while. */
const SLOW_FORK = `
import os, time

def post_fork(server, worker):
    if worker.age > 2:
        open(os.environ["FORKED"], "w").close()
        time.sleep(2)
`;

compared({
  fault: "TERM while a worker is being forked",
  holds: "it ends at once instead of after the graceful timeout",
  options: { workers: 2 },
  prepare: async (dir) => ({
    gunicorn: ["--config", await dir.write("slow_fork.py", SLOW_FORK), "--graceful-timeout", "90"],
    env: { FORKED: dir.join("forked") },
  }),
  async inject(server, dir) {
    trySignal(server.workers()[0]!, "SIGKILL");
    await until(() => Deno.stat(dir.join("forked")).then(() => true, () => false), {
      timeoutMs: 40_000,
      what: "a fork",
    });
    server.process.signal("SIGTERM");
  },
  end: "gone",
});

compared({
  fault: "the autoscaler killed",
  holds: "gunicorn ends, and the port is free for a restart",
  options: { workers: 3 },
  inject: (server) => trySignal(server.process.pid, "SIGKILL"),
  end: "gone",
  notBare: true,
});

/** uvicorn resets a connection now and then when it leaves by itself, under gunicorn alone as well. */
const MOST_RESET = 10;

for (
  const [name, app, gunicorn, mostLost] of [
    ["sync", "wsgi:app", [], 0],
    ["uvicorn", "asgi:app", ["-k", "uvicorn_worker.UvicornWorker"], MOST_RESET],
  ] as const
) {
  compared({
    fault: `workers recycled by max_requests under load, ${name}`,
    holds: mostLost === 0
      ? "no request is lost, and the count stays"
      : "the count stays; a connection that uvicorn resets when it stops may be lost",
    options: { workers: 3, app, gunicorn: ["--max-requests", "20", ...gunicorn] },
    perSecond: 40,
    mostLost,
    async inject(server) {
      const first = server.workers();
      await until(() => server.workers().every((pid) => !first.includes(pid)), {
        timeoutMs: 40_000,
        what: "all workers recycled",
      });
    },
    end: "serving",
  });
}
