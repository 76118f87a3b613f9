/**
 * The program as a few JavaScript files. Compiled from them, the binary is 6 MB smaller than from the modules and starts
 * in half the time: npm packages are embedded as whole folders otherwise, and 200 modules are loaded one by one. What
 * only one command needs is in a file of its own, so that `run` and `status` do not read the simulator: one file for
 * all starts 6 to 8 ms later.
 */

const repository = new URL("../", import.meta.url).pathname;

/**
 * Where the bundle lies below the staged root: as deep as `src/gunicorn/`, because the probe is looked for at
 * `../../probe/` from the module that asks for it, and in the bundle every module is a part of some file there.
 */
const BUNDLE = "program/bundle";

/** 1980-01-01, the oldest that a zip archive can say too. */
const BUILD_TIME_S = 315_532_800;

/** The staged folder that `deno compile` runs in. */
export interface Staged {
  readonly root: string;
  /** Folder of the JavaScript files. */
  readonly bundle: string;
  /** The one of them to start with. */
  readonly entry: string;
  /** Folder to embed. */
  readonly probe: string;
  readonly config: string;
}

/** Lays out bundle, probe and a config without npm imports in an empty folder. */
export async function stage(root: string): Promise<Staged> {
  const bundle = `${root}/${BUNDLE}`;
  await Deno.mkdir(bundle, { recursive: true });
  // Minified it holds 1 MB less; stack traces in bug reports then need a run from source.
  const args = ["bundle", "--quiet", "--platform=deno", "--code-splitting", "--minify", "--outdir", bundle];
  await deno([...args, `${repository}main.ts`], repository);
  for (const { name } of Deno.readDirSync(bundle)) {
    await Deno.utime(`${bundle}/${name}`, BUILD_TIME_S, BUILD_TIME_S);
  }
  const probe = `${root}/probe`;
  await copyPython(`${repository}probe`, probe);
  const { unstable } = JSON.parse(await Deno.readTextFile(`${repository}deno.json`));
  const config = `${root}/deno.json`;
  await Deno.writeTextFile(config, JSON.stringify({ unstable, nodeModulesDir: "none" }));
  return { root, bundle, entry: `${bundle}/main.js`, probe, config };
}

/** The probe's own files: bytecode caches and editors' files stay out, so that two builds are alike. */
async function copyPython(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  const entries = [...Deno.readDirSync(from)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    if (entry.isDirectory && entry.name !== "__pycache__") {
      await copyPython(`${from}/${entry.name}`, `${to}/${entry.name}`);
    }
    if (entry.isFile && entry.name.endsWith(".py")) {
      await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
      await Deno.utime(`${to}/${entry.name}`, BUILD_TIME_S, BUILD_TIME_S); // it goes into the binary
    }
  }
}

/** Runs this same Deno. Throws with its output when it fails. */
export async function deno(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}
