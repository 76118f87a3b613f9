/** Programs that tests use where they are installed. */

/** Path of a program on PATH; undefined when there is none. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "")) {
    const path = `${folder}/${name}`;
    if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
  }
  return undefined;
}
