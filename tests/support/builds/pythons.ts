const unpacked = new URL("../../../.venvs/debian/usr/bin", import.meta.url).pathname; // by .ci/newer_pythons

/**
 * Path of a Python of this minor version ("3.8"): on the PATH, else one of pyenv's or of Debian's; undefined where there
 * is none.
 */
export async function findPython(version: string): Promise<string | undefined> {
  const candidates = [`python${version}`, ...pyenvPythons(version), `${unpacked}/python${version}`];
  for (const candidate of candidates) if (await isPython(candidate, version)) return candidate;
  return undefined;
}

function pyenvPythons(version: string): string[] {
  const root = Deno.env.get("PYENV_ROOT") ?? `${Deno.env.get("HOME")}/.pyenv`;
  try {
    return [...Deno.readDirSync(`${root}/versions`)].map(({ name }) => name)
      .filter((name) => name.startsWith(`${version}.`)).map((name) => `${root}/versions/${name}/bin/python`);
  } catch {
    return []; // no pyenv
  }
}

/**
 * Whether it runs, is of that version and can make virtualenvs: a pyenv shim of a version that is not chosen
 * does not run.
 */
async function isPython(program: string, version: string): Promise<boolean> {
  const code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])";
  try {
    const { stdout } = await new Deno.Command(program, { args: ["-c", code], stdin: "null" }).output();
    return new TextDecoder().decode(stdout).trim() === version;
  } catch {
    return false;
  }
}
