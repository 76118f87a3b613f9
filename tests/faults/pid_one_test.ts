/** The autoscaler as PID 1, as in a container: orphans are its own to wait for. */
import { assertEquals } from "@std/assert";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { startInner } from "./support/inner.ts";
import { missingNamespaces } from "./support/namespaces.ts";
import { PATIENCE_MS, stateOf, untilGrown, untilServing } from "./support/steady.ts";

const ORPHANS = 20;
/** gunicorn's config: its master leaves orphans behind. */
const LEAVE_ORPHANS = `
import os, time
def when_ready(server):
    for _ in range(${ORPHANS}):
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                time.sleep(1)
            os._exit(0)
        os.waitpid(child, 0)
`;

fault(
  "PID 1 with orphans to reap",
  "none of them stays a zombie, scaling goes on, and TERM ends all with 0",
  async () => {
    await using dir = await tempDir();
    const config = await dir.write("conf.py", LEAVE_ORPHANS);
    await using server = await startInner({
      own: ["--min-workers", "2", "--max-workers", "6"],
      gunicorn: ["-c", config],
      wrap: (words) => ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", ...words],
    });
    const first = server.pid;
    await untilServing(server, 2);
    const steadyMs = await timed(() =>
      until(() => childStates(first).length === 1, {
        timeoutMs: PATIENCE_MS,
        what: () => `only gunicorn as child of PID 1: ${childStates(first)}`,
      })
    );
    await untilGrown(server, 2);
    Deno.kill(first, "SIGTERM");
    await until(() => server.process.hasEnded, {
      timeoutMs: PATIENCE_MS,
      what: () => `the end\n${server.process.text()}`,
    });
    assertEquals((await server.process.exited).code, 0, server.process.text());
    return steadyMs;
  },
  missingNamespaces,
);

/** The states (S, Z ...) of all children of a process, zombies among them. */
function childStates(pid: number): string[] {
  const list = [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap((thread) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/task/${thread.name}/children`).trim().split(" ");
    } catch {
      return []; // the thread ended meanwhile
    }
  });
  return list.filter((child) => child !== "").map(stateOf);
}
