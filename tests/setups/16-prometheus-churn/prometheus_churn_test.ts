/**
 * Prometheus files per pid
 * Holds: `child_exit` runs once for each worker, no counter falls
 * Note: `prometheus_client` keeps a file for every pid, and a scrape reads them all. Here `child_exit` merges the file of
 * a worker that ended. Seen in prometheus/client_python #275, #495 and #568.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { Server } from "../support/server.ts";
import { setUp } from "../support/set_up.ts";

const WORKERS = [4, 8, 2, 7, 1, 6, 2];

setUp(import.meta, {
  line: "-c gunicorn.conf.py app:app",
  own: ["--min-workers=1", "--max-workers=8"],
  async observe(server) {
    let sent = 1; // the one that saw it ready
    let counted = 0;
    let fell = 0;
    for (let i = 1; i < WORKERS.length; i++) {
      const [from, to] = [WORKERS[i - 1]!, WORKERS[i]!];
      const requests = Array.from({ length: 20 }, () => server.status("/?s=0.1"));
      // Bare cuts what a TTOU finds in the queue of a worker.
      if (server.isWrapped) await server.scale(from, to);
      const statuses = await Promise.all(requests);
      sent += statuses.filter((status) => status === 200).length;
      const total = sum(server);
      if (total < counted) fell++;
      counted = total;
      if (server.isWrapped) await server.untilWorkers(to);
    }
    await server.stop();
    const exits = server.process.lines.flatMap(({ text }) => text.match(/child_exit of (\d+)/)?.[1] ?? []);
    const forks = server.process.lines.flatMap(({ text }) =>
      text.match(/Booting worker with pid: (\d+)/)?.[1] ?? []
    );
    return {
      lost: sent - sum(server),
      fell,
      twice: exits.length - new Set(exits).size,
      without: new Set(forks).size - exits.length,
      files: [...Deno.readDirSync(folder(server))].length,
    };
  },
  compare(wrapped, bare) {
    assertEquals({ ...wrapped, files: 0 }, { ...bare, files: 0 });
    assertEquals({ ...wrapped, files: 0 }, { lost: 0, fell: 0, twice: 0, without: 0, files: 0 });
    assertLessOrEqual(wrapped.files, bare.files);
  },
});

function folder(server: Server): string {
  return `${server.runtimeBase}/counters`;
}

/** What a scrape would add up. A file that is merged meanwhile is read again. */
function sum(server: Server): number {
  const read = () =>
    [...Deno.readDirSync(folder(server))].filter(({ name }) => !name.endsWith(".new")).map(({ name }) =>
      Number(new DataView(Deno.readFileSync(`${folder(server)}/${name}`).buffer).getBigUint64(0, true))
    ).reduce((total, one) => total + one, 0);
  for (let tries = 0;; tries++) {
    try {
      return read();
    } catch (error) {
      if (tries === 5 || !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
