/**
 * Stand-ins for the base images of the Dockerfiles, of the same names, where no registry of images is asked: Debian by
 * debootstrap, with Deno from this very Deno, and with Python and pip in /usr/local. Made once.
 */
import { findDenort } from "../../support/builds/denort.ts";
import { findRootfs } from "../../support/containers/rootfs.ts";
import { exampleWheels } from "../../support/builds/wheels.ts";
import { type Engine, limited } from "./engine.ts";

/** Made again when this changes. */
const RECIPE = "1";
const PYTHON = "docker.io/library/python:3.13-slim";
const DEBIAN = "localhost/debian-of-the-tests:1";
const DENO = `docker.io/denoland/deno:${Deno.version.deno}`;
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
/** What the tests' own root file system has beyond a bare Debian. */
const LEFT_OUT = ["dev/*", "proc/*", "sys/*", "app", "var/lib/autoscaler", "var/cache", "usr/local/*"];

/** Options of a build: what stands in for what builds get from the network. */
export type BuildOptions = readonly string[];

/** Makes the base images where they are missing. Returns the options that builds need; or what is missing. */
export async function makeBases(engine: Engine): Promise<BuildOptions | { readonly missing: string }> {
  const denort = await findDenort();
  if ("missing" in denort) return denort;
  const rootfs = await findRootfs();
  if ("missing" in rootfs) return rootfs;
  const asked = await limited("chroot", [rootfs.path, "python3", "-c", VERSION_OF_PYTHON], 30_000);
  const wheels = await exampleWheels(asked.stdout).catch((error: Error) => error.message);
  if (!wheels.startsWith("/")) return { missing: wheels };
  const cache = JSON.parse((await limited(Deno.execPath(), ["info", "--json"], 30_000)).stdout).denoDir;
  const volumes = [`${await Deno.realPath(wheels)}:/wheels:ro`, `${cache}:/deno-dir`];
  if (denort.path !== undefined) volumes.push(`${await Deno.realPath(denort.path)}:/opt/denort:ro`);
  if (await exists(CERTIFICATES)) volumes.push(`${CERTIFICATES}:${CERTIFICATES}:ro`);
  const stamp = `${engine.folder}/bases`;
  const wanted = `${RECIPE} ${Deno.version.deno} ${denort.path !== undefined}`;
  if (await Deno.readTextFile(stamp).catch(() => "") !== wanted) {
    await debian(engine, rootfs.path);
    await deno(engine, denort.path !== undefined);
    await python(engine);
    await Deno.writeTextFile(stamp, wanted); // last: it says that all went well
  }
  return volumes.flatMap((volume) => ["--volume", volume]);
}

const VERSION_OF_PYTHON = "import sys; print('%d.%d' % sys.version_info[:2])";

async function debian(engine: Engine, root: string): Promise<void> {
  const archive = `${engine.folder}/debian.tar`;
  const excluded = LEFT_OUT.map((path) => `--exclude=./${path}`);
  const packed = await limited("tar", ["-C", root, ...excluded, "-cf", archive, "."], 120_000);
  if (packed.code !== 0) throw new Error(`Cannot pack ${root}: ${packed.stderr}`);
  const container = await engine.buildah(["from", "scratch"]);
  await engine.buildah(["add", "--quiet", container, archive, "/"]);
  await engine.buildah([
    "config",
    "--env",
    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    container,
  ]);
  await engine.buildah(["commit", "--quiet", "--rm", container, DEBIAN]);
  await Deno.remove(archive);
}

/** The options of a build reach the image that is made and not its RUN: what RUN needs is the base's environment. */
async function deno(engine: Engine, withDenort: boolean): Promise<void> {
  const container = await engine.buildah(["from", "--pull-never", DEBIAN]);
  await engine.buildah(["copy", "--quiet", "--chmod", "755", container, Deno.execPath(), "/usr/bin/deno"]);
  const env = ["DENO_DIR=/deno-dir", "DENO_TLS_CA_STORE=mozilla,system"];
  if (withDenort) env.push("DENORT_BIN=/opt/denort");
  await engine.buildah(["config", ...env.flatMap((pair) => ["--env", pair]), container]);
  await engine.buildah(["commit", "--quiet", "--rm", container, DENO]);
}

async function python(engine: Engine): Promise<void> {
  const container = await engine.buildah(["from", "--pull-never", DEBIAN]);
  await engine.buildah([
    "run",
    "--isolation",
    "chroot",
    container,
    "--",
    "python3",
    "-m",
    "venv",
    "/usr/local",
  ]);
  const env = ["PIP_NO_INDEX=1", "PIP_FIND_LINKS=/wheels"];
  await engine.buildah(["config", ...env.flatMap((pair) => ["--env", pair]), "--cmd", "python3", container]);
  await engine.buildah(["commit", "--quiet", "--rm", container, PYTHON]);
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
