/** Puts the probe's Python files into the runtime folder, where gunicorn's master reads them. */
import { UserError } from "../error_text.ts";
import { fileProblem } from "../platform/files/file_problem.ts";
import { ownerOnly } from "../platform/runtime_dir.ts";

const SOURCE = decodeURIComponent(new URL("../../probe", import.meta.url).pathname);
const WRAPPER = "gunicorn_autoscaler_conf.py";
const PACKAGE = "gunicorn_autoscaler_probe";
/** Path in the runtime folder. */
export const PROBE_NAMES: readonly string[] = [WRAPPER, PACKAGE];

/** Path below the runtime folder -> text. Read once, before anything is started. */
export type ProbeFiles = ReadonlyMap<string, string>;

/** Reads the probe from beside the program: the source tree, or what is embedded in the compiled binary. */
export function readProbe(): ProbeFiles {
  const files = new Map<string, string>([[WRAPPER, Deno.readTextFileSync(`${SOURCE}/${WRAPPER}`)]]);
  readPackage(PACKAGE, files);
  return files;
}

function readPackage(folder: string, files: Map<string, string>): void {
  for (const entry of Deno.readDirSync(`${SOURCE}/${folder}`)) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory && entry.name !== "__pycache__") readPackage(name, files);
    if (entry.isFile && entry.name.endsWith(".py")) {
      files.set(name, Deno.readTextFileSync(`${SOURCE}/${name}`));
    }
  }
}

/**
 * Writes what is missing, and returns the path of the wrapper config. Called before the start, and before each HUP:
 * gunicorn's master reads the wrapper again then and would end if something had removed it.
 * @throws UserError "Cannot write ..." when the file system refuses (full, read-only)
 */
export function installProbe(runtimeDir: string, files: ProbeFiles): string {
  ownerOnly(() => writeMissing(runtimeDir, files));
  return wrapperIn(runtimeDir);
}

function writeMissing(runtimeDir: string, files: ProbeFiles): void {
  const made = new Set<string>();
  for (const [name, text] of files) {
    const path = `${runtimeDir}/${name}`;
    const folder = path.slice(0, path.lastIndexOf("/"));
    try {
      if (!made.has(folder)) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      made.add(folder);
      Deno.writeTextFileSync(path, text, { createNew: true, mode: 0o600 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw unwritable(path, error);
    }
  }
}

/** The path of the wrapper config in a runtime folder. */
export function wrapperIn(runtimeDir: string): string {
  return `${runtimeDir}/${WRAPPER}`;
}

/** What the arbiter's file and the slots of a dozen workers take. */
const ROOM_BYTES = 64 * 1024;

/**
 * The same into a new folder, with some room beside it.
 * @throws UserError "Cannot write ..."
 */
export function fillWithProbe(runtimeDir: string, files: ProbeFiles): void {
  installProbe(runtimeDir, files);
  const path = `${runtimeDir}/room`;
  try {
    Deno.writeFileSync(path, new Uint8Array(ROOM_BYTES), { createNew: true });
  } catch (error) {
    throw unwritable(path, error);
  }
  Deno.removeSync(path);
}

function unwritable(path: string, error: unknown): UserError {
  return new UserError(
    `Cannot write ${path}: ${
      fileProblem(error, "folder")
    }, make room there or give another folder with --runtime-dir`,
    { cause: error },
  );
}
