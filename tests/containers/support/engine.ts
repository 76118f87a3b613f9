/**
 * Podman and Buildah as Debian has them, with a storage of their own under `.venvs/`: images of this machine are neither
 * seen nor touched. No registry of images is asked.
 */
import { findProgram } from "../../support/program.ts";

const repository = new URL("../../../", import.meta.url).pathname;

/** Output and exit code of a command. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that is killed after a time limit. It inherits nothing but the environment. */
export async function limited(
  program: string,
  args: readonly string[],
  limitMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: repository,
    env,
    stdin: "null",
    signal: AbortSignal.timeout(limitMs),
  });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { code, stdout: out!, stderr: err! };
}

/** Both engines, with everything that makes them run here. */
export class Engine {
  readonly #storage: string[];
  readonly #runtime: string[];

  /** @param folder where images, locks and stamps are kept, without links in its path */
  constructor(readonly folder: string, runtime: string | undefined) {
    // A socket is made below the run root: its path has to be short.
    const runRoot = `/run/ga-containers-${shortHash(folder)}`;
    this.#storage = ["--root", `${folder}/storage`, "--runroot", runRoot, "--storage-driver", "overlay"];
    this.#runtime = runtime === undefined ? [] : ["--runtime", runtime];
  }

  /** Runs buildah. @throws with its output when it fails */
  async buildah(args: readonly string[], limitMs = 120_000): Promise<string> {
    return succeeded("buildah", args, await limited("buildah", [...this.#storage, ...args], limitMs));
  }

  /** Runs podman; a failure is ignored. */
  tryPodman(args: readonly string[], limitMs = 60_000): Promise<Outcome> {
    const own = ["--cgroup-manager", "cgroupfs", "--log-level", "error", ...this.#runtime];
    const env = { CONTAINERS_CONF: `${this.folder}/containers.conf` };
    return limited("podman", [...this.#storage, ...own, ...args], limitMs, env);
  }

  /** Runs podman. @throws with its output when it fails */
  async podman(args: readonly string[], limitMs = 60_000): Promise<string> {
    return succeeded("podman", args, await this.tryPodman(args, limitMs));
  }
}

function succeeded(program: string, args: readonly string[], { code, stdout, stderr }: Outcome): string {
  if (code === 0) return stdout;
  const output = `${stdout}\n${stderr}`.trim().split("\n").slice(-12).join("\n");
  throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}`);
}

/** Podman's own limits for descriptors and processes are above what a machine may let it give. */
const CONFIGURATION = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
`;

/** An engine; or why there is none. */
export type FoundEngine = { readonly engine: Engine } | { readonly missing: string };

/** The engines, where they are installed and this machine lets them run. */
export async function findEngine(): Promise<FoundEngine> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) {
    return { missing: "only root can run them as they are set up here" };
  }
  for (const name of ["podman", "buildah", "tar"]) {
    if (await findProgram(name) === undefined) return { missing: `${name} is not installed` };
  }
  const venvs = `${repository}.venvs`;
  await Deno.mkdir(`${venvs}/containers`, { recursive: true });
  await Deno.writeTextFile(`${venvs}/containers/.gitignore`, "*\n");
  await Deno.writeTextFile(`${venvs}/containers/containers.conf`, CONFIGURATION);
  // crun refuses control groups of both versions at once; runc runs everywhere.
  const runtime = await findProgram("runc") === undefined ? undefined : "runc";
  return { engine: new Engine(await Deno.realPath(`${venvs}/containers`), runtime) };
}

/** FNV-1a, 8 hexadecimal digits. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
