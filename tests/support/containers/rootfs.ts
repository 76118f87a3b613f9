/**
 * A Debian root file system as the example image has it: Python, the example's packages beside it in /usr/local/bin,
 * tini. debootstrap makes it in about a minute, from the mirror that this machine's apt has, once: it is kept under
 * `.venvs/`.
 */
import { run } from "../process.ts";
import { findProgram } from "../program.ts";
import { exampleWheels } from "../builds/wheels.ts";

const folder = new URL("../../../.venvs/rootfs/", import.meta.url).pathname;
const PACKAGES = ["python3", "python3-venv", "tini"];
/** Made again when this changes. */
const RECIPE = `1 ${PACKAGES.join(" ")}`;

/** Where it is; or why there is none. */
export type Rootfs = { readonly path: string } | { readonly missing: string };

/** The root file system, made when it is missing. Safe against several test processes asking at once. */
export async function findRootfs(): Promise<Rootfs> {
  const missing = await lacks();
  if (missing !== undefined) return { missing };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}.gitignore`, "*\n");
  using lock = await Deno.open(`${folder}lock`, { create: true, write: true });
  await lock.lock(true);
  const path = `${folder}debian`;
  const stamp = `${folder}stamp`;
  if (await Deno.readTextFile(stamp).catch(() => "") === RECIPE) return await withMountPoints(path);
  for (const old of [stamp, path]) await Deno.remove(old, { recursive: true }).catch(() => {});
  const problem = await debootstrap(path) ?? await furnish(path);
  if (problem !== undefined) return { missing: problem };
  await Deno.writeTextFile(stamp, RECIPE); // last: it says that all went well
  return await withMountPoints(path);
}

/** Where a container's own files are mounted; COPY and install make them in an image. */
async function withMountPoints(path: string): Promise<Rootfs> {
  for (const name of ["app", "var/lib/autoscaler"]) await Deno.mkdir(`${path}/${name}`, { recursive: true });
  await Deno.writeTextFile(`${path}/usr/local/bin/gunicorn-autoscaler`, "", { append: true });
  // Without links: those that begin at / lead elsewhere when they are followed through another process's root.
  return { path: await Deno.realPath(path) };
}

/** What is needed to make and to enter it, and not there; undefined when nothing is. */
async function lacks(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "only root can change the root folder";
  for (const name of ["debootstrap", "unshare", "nsenter", "setpriv", "chroot"]) {
    if (await findProgram(name) === undefined) return `${name} is not installed`;
  }
  const tried = await run("unshare", ["--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc"]);
  return tried.code === 0 ? undefined : `namespaces cannot be made (${tried.stderr.trim()})`;
}

/** Makes a minimal Debian, of the release that this machine has. Returns what went wrong. */
async function debootstrap(path: string): Promise<string | undefined> {
  const mirror = await aptMirror();
  if (mirror === undefined) return "apt has no mirror of this machine's own release";
  const args = ["--variant=minbase", `--include=${PACKAGES.join(",")}`];
  args.push(`--components=${mirror.components.join(",")}`, mirror.release, path, mirror.uri);
  // In a mount namespace: the /proc that it mounts is gone with it, however it ends.
  const made = await run("unshare", ["--mount", "debootstrap", ...args]);
  if (made.code === 0) return undefined;
  return `debootstrap failed: ${`${made.stdout}\n${made.stderr}`.trim().split("\n").slice(-3).join("; ")}`;
}

/** The packages of the example where the image's pip puts them, and nothing that a container would not have. */
async function furnish(path: string): Promise<string | undefined> {
  const inside = (...words: string[]) => run("chroot", [path, ...words], { env: { LC_ALL: "C" } });
  const python = await inside("python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])");
  const wheels = await exampleWheels(python.stdout.trim()).catch((error: Error) => error.message);
  if (!wheels.startsWith("/")) return wheels;
  await Deno.mkdir(`${path}/wheels`);
  for (const { name } of Deno.readDirSync(wheels)) {
    await Deno.copyFile(`${wheels}/${name}`, `${path}/wheels/${name}`);
  }
  const pip = ["/usr/local/bin/pip", "install", "--quiet", "--no-index", "--find-links=/wheels"];
  for (const words of [["python3", "-m", "venv", "/usr/local"], [...pip, "fastapi", "uvicorn-worker"]]) {
    const { code, stderr } = await inside(...words);
    if (code !== 0) return `${words.join(" ")} failed: ${stderr.trim()}`;
  }
  await Deno.remove(`${path}/wheels`, { recursive: true });
  await Deno.remove(`${path}/dev/shm`, { recursive: true });
}

interface Mirror {
  readonly uri: string;
  readonly release: string;
  readonly components: string[];
}

/** Where apt gets this machine's own release from, by apt's own account. */
async function aptMirror(): Promise<Mirror | undefined> {
  const system = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const release = /^VERSION_CODENAME="?(\w+)/m.exec(system)?.[1];
  if (release === undefined || await findProgram("apt-get") === undefined) return undefined;
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
  const { stdout } = await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const lines = stdout.split("\n").map((line) => line.split(" ")).filter((words) => words[1] === release);
  const uri = await resolved(lines[0]?.[0] ?? "");
  if (uri === undefined) return undefined;
  const components = lines.filter((words) => words[0] === lines[0]![0]).map((words) => words[2]!);
  return { uri, release, components: [...new Set(components)] };
}

/** apt's `mirror+file:` names a list of mirrors, best first; debootstrap wants one. */
async function resolved(uri: string): Promise<string | undefined> {
  const list = /^mirror\+file:(\/.*?)\/?$/.exec(uri)?.[1];
  if (list !== undefined) uri = (await Deno.readTextFile(list).catch(() => "")).split(/\s/, 1)[0]!;
  return /^(https?|file):/.test(uri) ? uri : undefined;
}
