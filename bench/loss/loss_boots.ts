/** Reloads of workers that take 2 s to boot, under half the load that they can serve: what is answered in time meanwhile. */
import { LoadReport } from "../load/load_report.ts";
import { runLoad } from "../load/load.ts";
import { parsePhases } from "../load/phases.ts";
import { until } from "../../tests/support/wait.ts";
import type { Scaled, WorkerClass } from "./loss_servers.ts";

const WORKERS = 4;
const PER_SECOND = 40;
const SERVICE_MS = 50; // 4 workers serve 80 requests/s
const BEFORE_MS = 2_000;
/** The load goes on for so long. */
const LOAD_S = 16;
export const IN_TIME_MS = 300;

/** sync workers whose import takes 2 s, half of it on the CPU. */
export const slowBoot: WorkerClass = {
  app: "slow_boot:app",
  gunicorn: ["-w", String(WORKERS)],
  own: ["--min-workers", String(WORKERS), "--fork-server", "off"],
  env: { IMPORT_SECONDS: "2", PYTHONPATH: new URL("../apps", import.meta.url).pathname },
};

/** What came of it. */
export interface BootResult {
  readonly reloads: number;
  /** Requests due during a reload. */
  readonly sent: number;
  readonly lost: number;
  /** 0..1 of them. */
  readonly share: number;
  /** How long a reload took, at most. */
  readonly longestS: number;
}

/** Reloads so often, each under a load of its own. */
export async function countBoots(server: Scaled, reloads: number): Promise<BootResult> {
  let sent = 0, lost = 0, within = 0, longestMs = 0;
  await until(() => booted(server) === WORKERS, { timeoutMs: 30_000, what: "4 workers" });
  for (let i = 0; i < reloads; i++) {
    let startMs = 0;
    const phases = parsePhases(`${PER_SECOND}x${LOAD_S}s:/sleep/${SERVICE_MS}`);
    const load = runLoad({
      port: server.port,
      phases,
      seed: i + 1,
      onStart: (atMs) => startMs = atMs,
    });
    await new Promise((resolve) => setTimeout(resolve, BEFORE_MS));
    const fromMs = performance.now() - startMs;
    const before = server.workers();
    server.hangUp();
    const isOver = () => booted(server, before) === WORKERS;
    await until(isOver, { timeoutMs: 60_000, everyMs: 50, what: () => `4 new workers\n${server.text()}` });
    const untilMs = performance.now() - startMs;
    const report: LoadReport = (await load).between(fromMs, untilMs);
    sent += report.sent;
    lost += report.sent - report.ok;
    within += Math.round(report.shareWithin(IN_TIME_MS) * report.sent);
    longestMs = Math.max(longestMs, untilMs - fromMs);
    await until(() => server.workers().length === WORKERS, { timeoutMs: 40_000, what: "the end of the old" });
  }
  return { reloads, sent, lost, share: within / sent, longestS: longestMs / 1000 };
}

/** Workers that serve, without those of before. */
function booted(server: Scaled, before: readonly number[] = []): number {
  const said = new Set([...server.text().matchAll(/^booted (\d+)$/gm)].map(([, pid]) => Number(pid)));
  return server.workers().filter((pid) => said.has(pid) && !before.includes(pid)).length;
}
