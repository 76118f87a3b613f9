import { ProbedGunicorn } from "../../probe/probed_gunicorn.ts";
import { apps, appsFolder } from "../../support/apps.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";

/** A gunicorn with so many workers of two threads each, which are ready. */
export async function gthreadServer(
  version: VenvName,
  port: number,
  workers: number,
): Promise<ProbedGunicorn> {
  const args = [
    "--chdir",
    appsFolder,
    "-b",
    `127.0.0.1:${port}`,
    "-k",
    "gthread",
    "--threads",
    "2",
    apps.wsgi,
  ];
  const server = new ProbedGunicorn(bin(await venv(version), "gunicorn"), args, workers);
  await server.settled(workers);
  return server;
}
