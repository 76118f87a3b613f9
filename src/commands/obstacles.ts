import { errorText, whyNotListening } from "../error_text.ts";
import type { Inspection } from "../gunicorn/inspect.ts";
import { fileProblem } from "../platform/files/file_problem.ts";
import { makeRuntimeDir, removeDir } from "../platform/runtime_dir.ts";
import { type Address, addressText } from "../settings/setting_types.ts";
import { exists } from "../sensors/text_file.ts";
import { openRecording } from "../simulation/load/recording_writer.ts";

/** Who wants a TCP address, and which. */
export interface WantedAddress {
  /** As the command line has it: "--status-addr", "gunicorn's --bind". */
  readonly by: string;
  readonly address: Address;
}

/** HOST:PORT of gunicorn's own words for what it binds to; undefined for a unix socket or a file descriptor. */
export function boundAddress(text: string): Address | undefined {
  const [, host, port] = /^\[?([^\]/]*)\]?:(\d{1,5})$/.exec(text) ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/**
 * Addresses that are taken now, a sentence each. They are listened on for a moment. Not an error: the instance that is
 * about to be replaced may have them.
 */
export function takenAddresses(wanted: readonly WantedAddress[]): string[] {
  return wanted.flatMap(({ by, address }) => {
    try {
      Deno.listen({ hostname: address.host, port: address.port }).close();
      return [];
    } catch (error) {
      const place = `${addressText(address)} (${by})`;
      if (error instanceof Deno.errors.AddrInUse) {
        return [`${place} is taken now: a run cannot start until it is free`];
      }
      if (error instanceof Deno.errors.AddrNotAvailable) {
        return [`${place} is no address of this machine: a run cannot start with it`];
      }
      if (error instanceof Deno.errors.PermissionDenied) {
        return [`${place} needs more rights than this user has: a run by this user cannot start with it`];
      }
      return by.startsWith("gunicorn") // which may resolve it
        ? []
        : [`${place} cannot be listened on, ${whyNotListening(error)}: a run cannot start with it`];
    }
  });
}

/** Why the runtime folder cannot be made; undefined when it can. One is made, and removed. */
export function runtimeFolderProblem(bases: readonly string[]): string | undefined {
  try {
    removeDir(makeRuntimeDir(bases));
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** Why a recording cannot be written to a path; undefined when it can. A file made for the trial is removed. */
export function recordingProblem(path: string): string | undefined {
  try {
    const existed = exists(path);
    openRecording(path).close();
    if (!existed) Deno.removeSync(path);
    return undefined;
  } catch (error) {
    return `Cannot record to ${path}: ${fileProblem(error, "folder")}, name a file that can be written`;
  }
}

/** gunicorn's own classes that call the application as WSGI says; one derived from them may do something else. */
const WSGI_ONLY = /^gunicorn\.workers\.(?:sync|gthread|ggevent|geventlet|gtornado)\./;

/** What gunicorn's configuration names and cannot be used: files, the worker class, the application. */
export function configurationProblems(inspection: Inspection): string[] {
  const found = inspection.unusable.map(([setting, value, wrong]) =>
    `Cannot use gunicorn's ${setting}=${value}: ${wrong.replace(/[.:\s]+$/, "")}, correct it`
  );
  if (inspection.worker_class_problem !== null) {
    const why = inspection.worker_class_problem.trim().split("\n")[0]!.replace(/[:\s]+$/, "");
    found.push(
      `Cannot load the worker class ${inspection.worker_class}: ${why}, correct it or install what has it`,
    );
  }
  if (inspection.app !== null && inspection.app.problem !== null) {
    const why = inspection.app.problem.split("\n")[0]!.replace(/\.$/, "");
    const isMissing = /^(ModuleNotFound|Import|AppImport)Error/.test(why);
    found.push(
      `Cannot load the application: ${why}, ${
        isMissing
          ? "correct the name or the folder (gunicorn's --chdir, --pythonpath)"
          : "put that right in it"
      }`,
    );
  }
  const [workerClass = ""] = inspection.worker_class_names;
  if (inspection.app?.is_asgi === true && WSGI_ONLY.test(workerClass)) {
    found.push(
      `Cannot serve an ASGI application with the worker class ${inspection.worker_class}: every request would fail, ` +
        "add -k uvicorn_worker.UvicornWorker (pip install uvicorn-worker)",
    );
  }
  return found;
}
