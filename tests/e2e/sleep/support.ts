import { type Autoscaled, autoscaled, type AutoscaledOptions } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { controlSocket } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";
import { SLEEPY } from "../../../bench/endurance/sleep_cycles.ts";

/** No wait is shorter: the machine may be busy with other things for seconds. */
export const PATIENCE_MS = 60_000;

/** gunicorn that falls asleep after a moment. Code that changes twice in a second would be served from its old bytecode. */
export function sleepy(options: AutoscaledOptions = {}): Promise<Autoscaled> {
  const { own = [], env = {}, ...rest } = options;
  return autoscaled({ own: [...SLEEPY, ...own], env: { PYTHONDONTWRITEBYTECODE: "1", ...env }, ...rest });
}

/** It says so, and no worker is left. The fork server, and a spare worker, are none. */
export async function untilAsleep(server: Autoscaled): Promise<void> {
  const isAsleep = async () => {
    const { status, body } = await get({ socket: await controlSocket(server) }, "/status");
    return status === 200 && JSON.parse(body).decision.reason === "asleep" && server.workers().length === 0;
  };
  await until(isAsleep, {
    timeoutMs: PATIENCE_MS,
    what: () => `no worker, there are ${server.workers()}\n${server.process.text("stderr")}`,
  });
}

/** An application like `app`, one of tests/support/apps, that answers with `answer`. */
export function codeOf(app: string, answer: string): string {
  if (app.startsWith("wsgi")) {
    return `def app(environ, start):\n    start("200 OK", [("Content-Length", "${answer.length}")])\n    return [b"${answer}"]\n`;
  }
  return `from asgi import app as others

async def app(scope, receive, send):
    if scope["type"] != "http":
        return await others(scope, receive, send)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"${answer.length}")]})
    await send({"type": "http.response.body", "body": b"${answer}"})
`;
}

/** A HUP to the autoscaler, as systemctl reload sends it; returns when gunicorn's master has heard of it. */
export async function reload(server: Autoscaled): Promise<void> {
  const reloads = () => server.process.text("stderr").match(/Handling signal: hup/g)?.length ?? 0;
  const before = reloads();
  server.process.signal("SIGHUP");
  await until(() => reloads() > before, { what: "a reload", timeoutMs: PATIENCE_MS });
}
