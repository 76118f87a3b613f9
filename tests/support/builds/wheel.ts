/** A wheel of the program for tests. */
import { run } from "../process.ts";

const repository = new URL("../../../", import.meta.url).pathname;

/** Packs a binary into the folder and returns the wheel's path. */
export async function makeWheel(
  binary: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<string> {
  const args = ["-B", `${repository}packaging/wheel.py`, binary, "--output", folder];
  const { code, stderr } = await run("python3", args, { env });
  if (code !== 0) throw new Error(stderr);
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.name.endsWith(".whl")) return `${folder}/${entry.name}`;
  }
  throw new Error(`Cannot find the wheel that should be in ${folder}`);
}
