import { type Autoscaled, autoscaled, type AutoscaledOptions } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { runtimeFolder } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";
import { SLEEPY } from "../../../bench/endurance/sleep_cycles.ts";

/** No wait is shorter: the machine may be busy with other things for seconds. */
export const PATIENCE_MS = 60_000;

/** gunicorn that falls asleep after a moment. */
export function sleepy(options: AutoscaledOptions = {}): Promise<Autoscaled> {
  const { own = [], ...rest } = options;
  return autoscaled({ own: [...SLEEPY, ...own], ...rest });
}

/** It says so, and no worker is left. The fork server, and a spare worker, are none. */
export async function untilAsleep(server: Autoscaled): Promise<void> {
  const folder = await runtimeFolder(server);
  const isAsleep = async () => {
    const { status, body } = await get({ socket: `${folder}/control.sock` }, "/status");
    return status === 200 && JSON.parse(body).decision.reason === "asleep" && server.workers().length === 0;
  };
  await until(isAsleep, {
    timeoutMs: PATIENCE_MS,
    what: () => `no worker, there are ${server.workers()}\n${server.process.text("stderr")}`,
  });
}
