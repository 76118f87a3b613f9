/** The compiled program for tests: made once for one state of the sources, then kept under `.venvs/`. */
import { stage } from "../../../packaging/bundle.ts";
import { compile, V8_FLAGS } from "../../../packaging/compile.ts";
import { hostTarget } from "../../../packaging/targets.ts";
import { files, findDenort } from "./denort.ts";
import { tempDir } from "../tempdir.ts";

const folder = new URL("../../../.venvs/binary/", import.meta.url).pathname;

/** Path of the binary of these very sources; undefined, with a line that says why, where none can be made. */
export async function compiledBinary(): Promise<string | undefined> {
  const runtime = await findDenort();
  if ("missing" in runtime) {
    console.log(`Skipped: the program cannot be compiled here, ${runtime.missing}`);
    return undefined;
  }
  const path = `${folder}gunicorn-autoscaler`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}.gitignore`, "*\n");
  using lock = await Deno.open(`${folder}lock`, { create: true, write: true });
  await lock.lock(true);
  const stamp = await sourceStamp(runtime.path ?? "");
  const [found] = await Promise.all([Deno.readTextFile(`${folder}stamp`).catch(() => ""), Deno.stat(path)])
    .catch(() => [""]);
  if (found === stamp) return path;
  await Deno.remove(`${folder}stamp`).catch(() => {});
  // A new file each time: the old one may be running.
  await Deno.remove(path).catch(() => {});
  await compile({ target: hostTarget(), output: path, denort: runtime.path });
  await Deno.writeTextFile(`${folder}stamp`, stamp);
  return path;
}

/** Changes with everything that goes into the binary. */
async function sourceStamp(runtime: string): Promise<string> {
  await using root = await tempDir();
  const staged = await stage(root.path);
  const parts = [Deno.version.deno, runtime, ...V8_FLAGS];
  for (const path of [...files(staged.bundle), ...files(staged.probe)].sort()) {
    parts.push(path.slice(root.path.length), await Deno.readTextFile(path));
  }
  const bytes = new TextEncoder().encode(parts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
