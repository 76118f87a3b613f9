/** What tests of the fork server share. */
import { type Autoscaled, autoscaled, type AutoscaledOptions } from "../../support/autoscaled.ts";
import { forkServers } from "../../support/processes.ts";
import { runtimeFolder } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";

/** A second import would be seen. */
const IMPORT_SECONDS = "1";

/** gunicorn with a fork server, of an application that takes a while to import; it begins with two workers. */
export function started(options: AutoscaledOptions = {}): Promise<Autoscaled> {
  const { own = [], env = {}, ...rest } = options;
  return autoscaled({
    own: ["--min-workers", "2", "--max-workers", "8", "--fork-server", "on", ...own],
    app: "slow_import:app",
    env: { IMPORT_SECONDS, ...env },
    ...rest,
  });
}

/** The fork server's pid, once there is one, other than `notPid`. */
export async function untilForkServer(server: Autoscaled, notPid?: number): Promise<number> {
  return await until(() => {
    const [pid] = forkServers(server.master);
    return pid !== notPid && pid;
  }, { timeoutMs: 60_000, what: () => `a fork server\n${server.process.text("stderr")}` });
}

/** Workers forked from fork servers so far, as gunicorn's master tells. */
export async function forks(server: Autoscaled): Promise<number> {
  const page = await Deno.readFile(`${await runtimeFolder(server)}/arbiter`);
  return Number(new BigUint64Array(page.buffer)[37]);
}
