/** How uWSGI is started. */
import { appsFolder } from "../../tests/support/apps.ts";
import { bin, venv } from "../../tests/support/venv.ts";
import type { Scenario } from "../scenario.ts";
import { app, environment, pythonPath } from "./gunicorn_command.ts";
import type { Launch } from "./launch.ts";

/** The command for a scenario, with these settings of its "cheaper" subsystem. */
export async function uwsgi(
  scenario: Scenario,
  port: number,
  cheaper: readonly string[],
): Promise<Launch | string> {
  if (scenario.app === "fastApi" || scenario.app === "asgi") return "no ASGI";
  const address = `127.0.0.1:${port}`;
  // Kept connections need uWSGI's HTTP router in front of the workers; without them workers take the connections.
  const http = scenario.keepAlive
    ? ["--http", address, "--http-keepalive=5", "--http-auto-chunked", "--socket", "127.0.0.1:0"]
    : ["--http-socket", address];
  const { minWorkers, maxWorkers, threads } = scenario;
  const sizes = minWorkers === maxWorkers ? ["--processes", String(maxWorkers)] : [
    "--processes",
    String(maxWorkers),
    "--cheaper",
    String(minWorkers),
    "--cheaper-initial",
    String(minWorkers),
    ...cheaper,
  ];
  return {
    program: bin(await venv("uwsgi"), "uwsgi"),
    args: [
      ...["--master", "--die-on-term", "--need-app", "--single-interpreter", "--disable-logging"],
      ...http,
      ...["--listen", "1024"], // its default of 100 would refuse the burst
      ...(threads ? ["--threads", String(threads)] : ["--enable-threads"]),
      ...(scenario.app === "slowImport" ? ["--lazy-apps"] : []), // as gunicorn without --preload: each worker imports
      ...sizes,
      ...["--chdir", appsFolder, "--module", app(scenario)],
    ],
    env: { ...environment(scenario), ...await pythonPath(scenario) },
    workersAre: "children",
    otherChildren: scenario.keepAlive ? 1 : 0,
  };
}
