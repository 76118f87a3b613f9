/** What gunicorn is started with for a scenario, by whoever starts it. */
import { apps, appsFolder } from "../../tests/support/apps.ts";
import { makeVenv, venv } from "../../tests/support/venv.ts";
import { REQUIREMENTS } from "../costs/django.ts";
import type { Scenario } from "../scenario.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** Applications and worker classes of the benchmark alone. */
const ownModules = `${repository}bench/apps`;

export function gunicornArguments({ workerClass, threads, app }: Scenario, port: number): string[] {
  const own = workerClass.startsWith("asyncio") || app === "django" ? ["--pythonpath", ownModules] : [];
  const withThreads = threads ? ["--threads", String(threads)] : [];
  return [
    "--chdir",
    appsFolder,
    "--bind",
    `127.0.0.1:${port}`,
    "--worker-class",
    workerClass,
    ...own,
    ...withThreads,
  ];
}

export function bounds({ minWorkers, maxWorkers }: Scenario): Record<string, string> {
  return {
    GUNICORN_AUTOSCALER_MIN_WORKERS: String(minWorkers),
    GUNICORN_AUTOSCALER_MAX_WORKERS: String(maxWorkers),
  };
}

/** What names the application to a server. */
export function app(scenario: Scenario): string {
  return scenario.app === "django" ? "django_loads:app" : apps[scenario.app];
}

export function environment(scenario: Scenario): Record<string, string> {
  return { ...scenario.env };
}

/** The virtualenv with gunicorn and the application. */
export function gunicornVenv(scenario: Scenario): Promise<string> {
  return scenario.app === "django" ? makeVenv(`${repository}.venvs/django`, REQUIREMENTS) : venv("newest");
}

export async function pathWithGunicorn(scenario: Scenario): Promise<string> {
  return `${await gunicornVenv(scenario)}/bin:${Deno.env.get("PATH") ?? ""}`;
}

/** Where uWSGI, which has a virtualenv of its own, finds the application. */
export async function pythonPath(scenario: Scenario): Promise<Record<string, string>> {
  if (scenario.app !== "django") return {};
  const library = `${await gunicornVenv(scenario)}/lib`;
  const [python] = [...Deno.readDirSync(library)].filter(({ name }) => name.startsWith("python3"));
  return { PYTHONPATH: `${ownModules}:${library}/${python!.name}/site-packages` };
}
