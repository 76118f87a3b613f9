/** A Django application with pandas where memory is short: what is answered, and what the kernel kills. */
import { appsFolder } from "../../tests/support/apps.ts";
import { program } from "../../tests/support/autoscaled.ts";
import { memoryCgroup } from "../../tests/support/containers/memory_cgroup.ts";
import { get } from "../../tests/support/http.ts";
import { freeTcpPort } from "../../tests/support/port.ts";
import { start } from "../../tests/support/process.ts";
import { tempDir } from "../../tests/support/tempdir.ts";
import { bin, makeVenv } from "../../tests/support/venv.ts";
import { until } from "../../tests/support/wait.ts";
import { REQUIREMENTS } from "../costs/django.ts";
import { runLoad } from "../load/load.ts";
import { parsePhases } from "../load/phases.ts";

const repository = new URL("../../", import.meta.url).pathname;
const MIB = 2 ** 20;

/** What came of it. */
export interface MemoryResult {
  readonly sent: number;
  readonly answered: number;
  readonly kills: number;
  /** Whether what was started was alive at the end. */
  readonly isAlive: boolean;
  /** Its exit code after TERM. */
  readonly code: number;
}

/**
 * Runs it in a control group of `limitMiB` for `seconds` at `perSecond` requests; undefined where none can be made.
 * @param workers the fixed number of gunicorn alone; undefined: under the autoscaler, with its defaults
 */
export async function countInMemory(
  limitMiB: number,
  workers: number | undefined,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<MemoryResult | undefined> {
  const group = memoryCgroup(limitMiB * MIB);
  if (group === undefined) return undefined;
  using cgroup = group;
  const path = await makeVenv(`${repository}.venvs/django`, REQUIREMENTS);
  await using dir = await tempDir();
  const port = freeTcpPort();
  const gunicorn = ["--pythonpath", new URL("../apps", import.meta.url).pathname, "--chdir", appsFolder];
  gunicorn.push("-b", `127.0.0.1:${port}`, "django_shop:app");
  const words = workers === undefined
    ? [...program(), "--runtime-dir", dir.path, ...gunicorn]
    : [bin(path, "gunicorn"), "-w", String(workers), ...gunicorn];
  let result: MemoryResult;
  {
    await using server = start("/bin/sh", ["-c", `echo $$ > ${cgroup.procs} && exec "$@"`, "sh", ...words], {
      env: { PATH: `${path}/bin:${Deno.env.get("PATH")}`, XDG_RUNTIME_DIR: dir.path },
    });
    const isUp = () => get({ port }, "/").then(({ status }) => status === 200, () => false);
    // With too many workers for the group none may ever answer: the load then shows it.
    await until(() => server.hasEnded || isUp(), { timeoutMs: 30_000, what: "an answer" }).catch(() => {});
    const report = await runLoad({
      port,
      phases: parsePhases(`${perSecond}x${seconds}s:/`),
      timeoutMs: 10_000,
    });
    const isAlive = !server.hasEnded;
    const { code } = isAlive ? await server.stop("SIGTERM", 40_000) : await server.exited;
    result = { sent: report.sent, answered: report.ok, kills: cgroup.oomKills(), isAlive, code };
  }
  await until(() => Deno.readTextFileSync(cgroup.procs).trim() === "", { what: "an empty control group" });
  return result;
}
