/**
 * A boot that hangs where the maximum or a pre_fork leaves no place for another worker: it is replaced, and
 * does not stay.
 */
import { assertEquals } from "@std/assert";
import { untilBooted } from "../../faults/support/steady.ts";
import { gunicornFor } from "../../probe/worker_venvs.ts";
import { autoscaled, type AutoscaledOptions } from "../../support/autoscaled.ts";
import { trySignal } from "../../support/process.ts";
import { tempDir } from "../../support/tempdir.ts";
import { until } from "../../support/wait.ts";

/** More than three times 10 s, the graceful timeout, and what a busy machine adds. */
const PATIENCE_MS = 60_000;
const PRE_FORK = "def pre_fork(server, worker):\n    pass\n";

const CASES: readonly [string, AutoscaledOptions][] = [
  ["sync, gunicorn 20.1", { venv: "20.1" }],
  ["gthread, gunicorn 23", { venv: "23", gunicorn: ["--threads", "4"] }],
  ["gthread, the newest, --timeout 0", { gunicorn: ["--threads", "4", "--timeout", "0"] }],
  ["uvicorn, the newest", { app: "hanging_boot:asgi", gunicorn: ["-k", "uvicorn_worker.UvicornWorker"] }],
  ["uvicorn on gunicorn 23", { app: "hanging_boot:asgi", gunicorn: ["-k", "uvicorn.workers.UvicornWorker"] }],
  ["a pre_fork, gunicorn 20.1", { venv: "20.1" }],
  ["a pre_fork, the newest", {}],
];

for (const [name, options] of CASES) {
  Deno.test(`a boot that hangs at the maximum is replaced, and is killed after the graceful timeout: ${name}`, async () => {
    await using dir = await tempDir();
    const hang = dir.join("hang");
    const old = name.includes("on gunicorn 23")
      ? (await gunicornFor("old")).replace("/bin/gunicorn", "")
      : "";
    const config = name.startsWith("a pre_fork") ? ["-c", await dir.write("conf.py", PRE_FORK)] : [];
    await using server = await autoscaled({
      app: "hanging_boot:app",
      ...options,
      ...(old === "" ? {} : { venvPath: old }),
      own: ["--min-workers", "2", "--max-workers", "2", "--fork-server", "off"],
      gunicorn: [...options.gunicorn ?? [], "--graceful-timeout", "2", ...config],
      env: { HANG_WHEN: hang },
    });
    await untilBooted(server, 2);
    const before = server.workers();
    await Deno.writeTextFile(hang, "");
    trySignal(before[0]!, "SIGKILL");
    await until(() => Deno.stat(`${hang}.taken`).then(() => true, () => false), {
      timeoutMs: 20_000,
      what: "a boot that hangs",
    });
    await server.untilWorkers(2);
    const [stuck] = server.workers().filter((pid) => !before.includes(pid));
    let most = 2;
    await until(() => {
      const pids = server.workers();
      most = Math.max(most, pids.length);
      return pids.length === 2 && !pids.includes(stuck!);
    }, { timeoutMs: PATIENCE_MS, what: () => `another worker\n${server.process.text()}` });
    assertEquals(most, config.length > 0 ? 2 : 3);
    assertEquals(server.workers().includes(before[1]!), true);
    assertEquals((await server.get("/")).status, 200);
  });
}
