/** The images of the Dockerfiles, built as README says by the engines here, files unchanged. */
import { type BuildOptions, makeBases } from "./bases.ts";
import { type Engine, findEngine } from "./engine.ts";

const repository = new URL("../../../", import.meta.url).pathname;
/** All that a build can see, by .dockerignore, and the Dockerfiles. */
const CONTEXT = [
  ...["deno.json", "deno.lock", "main.ts", "src", "probe", "tasks", "packaging", "examples/fastapi"],
  ...["examples/docker", "Dockerfile", ".dockerignore"],
];

/** Of Dockerfile: nothing but the binary. */
const BINARY_IMAGE = "gunicorn-autoscaler:0.1.0";
/** Of examples/docker/Dockerfile. */
export const EXAMPLE_IMAGE = "autoscaled-fastapi";
/** A Dockerfile of three lines, as README tells users to write. */
export const COPY_IMAGE = "copied-binary";

const COPY_DOCKERFILE = `FROM python:3.13-slim
RUN pip install gunicorn
COPY --from=${BINARY_IMAGE} /gunicorn-autoscaler /usr/local/bin/
`;

/** An engine that holds all three images; undefined, with a line that says why, where there can be none. */
export async function engineWithImages(): Promise<Engine | undefined> {
  const found = await findEngine();
  if ("missing" in found) return skipped(found.missing);
  const { engine } = found;
  using lock = await Deno.open(`${engine.folder}/lock`, { create: true, write: true });
  await lock.lock(true);
  try {
    const options = await makeBases(engine);
    if ("missing" in options) return skipped(options.missing);
    // A machine that forbids namespaces or limits fails here.
    const tried = await engine.tryPodman(["run", "--rm", "python:3.13-slim", "true"]);
    if (tried.code !== 0) return skipped(tried.stderr.split("\n").at(-1)!);
    await build(engine, options);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot ")) return skipped(error.message);
    throw error;
  }
  return engine;
}

function skipped(why: string): undefined {
  console.log(`Skipped: containers cannot be run here, ${why}`);
}

async function build(engine: Engine, volumes: BuildOptions): Promise<void> {
  const stamp = `${engine.folder}/images`;
  const wanted = await stampOf(CONTEXT, [COPY_DOCKERFILE, await Deno.readTextFile(`${engine.folder}/bases`)]);
  if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return;
  const options = ["--isolation", "chroot", "--pull-never", "--format", "docker", "--layers", ...volumes];
  const architecture = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
  const target = ["--build-arg", `TARGETARCH=${architecture}`];
  await engine.buildah(["bud", ...options, ...target, "-t", BINARY_IMAGE, "."], 300_000);
  const pull = options.map((option) => option === "--pull-never" ? "--pull=never" : option);
  await engine.podman(
    ["build", ...pull, "-t", EXAMPLE_IMAGE, "-f", "examples/docker/Dockerfile", "."],
    300_000,
  );
  await Deno.mkdir(`${engine.folder}/empty`, { recursive: true });
  const copying = `${engine.folder}/Dockerfile.copy`;
  await Deno.writeTextFile(copying, COPY_DOCKERFILE);
  await engine.podman(["build", ...pull, "-t", COPY_IMAGE, "-f", copying, `${engine.folder}/empty`], 120_000);
  await engine.podman(["image", "prune", "--force"]); // what the new ones replaced
  await Deno.writeTextFile(stamp, wanted);
}

/** Changes with every file that a build can see. */
async function stampOf(paths: readonly string[], texts: readonly string[]): Promise<string> {
  const parts = [...texts];
  for (const path of paths.flatMap((path) => [...files(path)]).sort()) {
    parts.push(path, await Deno.readTextFile(repository + path));
  }
  const bytes = new TextEncoder().encode(parts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function* files(path: string): Generator<string> {
  if (Deno.statSync(repository + path).isFile) return yield path;
  for (const { name } of Deno.readDirSync(repository + path)) {
    if (name !== "__pycache__" && name !== ".venv") yield* files(`${path}/${name}`);
  }
}
