/**
 * Python virtualenvs for tests and benchmarks, one for each gunicorn we promise to work with. They are made on first
 * use under `.venvs/` (which ignores itself in git) and made again when their pinned requirements change.
 */

/** What each virtualenv holds. Keys are the names tests ask for. */
export const requirements = {
  newest: [
    "gunicorn==27.0.1",
    "uvicorn==0.54.0",
    "uvicorn-worker==0.4.0",
    "fastapi==0.165.0",
    "gevent==26.9.0",
    "eventlet==0.41.3",
    "tornado==6.6.1",
    "uvloop==0.23.0",
    "httptools==0.9.0",
    "websockets==16.0",
    // gunicorn 27 with gevent wants it without saying so.
    "packaging==25.0",
  ],
  "25": ["gunicorn==25.3.0"],
  "23": ["gunicorn==23.0.0"],
  "22": ["gunicorn==22.0.0"],
  // 20.1 imports pkg_resources, which setuptools dropped in 81.
  "20.1": ["gunicorn==20.1.0", "setuptools==80.9.0"],
  "23-uvicorn": ["gunicorn==23.0.0", "uvicorn==0.54.0", "uvicorn-worker==0.4.0"],
  // uvicorn-worker wants a newer gunicorn: its worker class here is uvicorn.workers.UvicornWorker.
  "20.1-uvicorn": ["gunicorn==20.1.0", "uvicorn==0.54.0", "setuptools==80.9.0"],
  // The rival of the benchmark; compiled from source, so it needs a C compiler.
  uwsgi: ["uwsgi==2.0.31"],
} as const satisfies Record<string, readonly string[]>;

export type VenvName = keyof typeof requirements;

const repository = new URL("../../", import.meta.url).pathname;

/**
 * Path of the virtualenv, made when it is missing or holds other requirements than the ones above.
 * Safe against several test processes asking at once: the first makes it, the others wait.
 * Throws when Python or a package registry is out of reach.
 */
export function venv(name: VenvName): Promise<string> {
  const other = Deno.env.get("TEST_GUNICORN");
  if (name === "newest" && other) return makeVenv(`${repository}.venvs/newest-${other}`, newestWith(other));
  return makeVenv(`${repository}.venvs/${name}`, requirements[name]);
}

/** TEST_GUNICORN=23.0.0: tests that run on the newest gunicorn run on that one. */
function newestWith(gunicorn: string): string[] {
  // uvicorn-worker wants a newer gunicorn than 20.
  const left = gunicorn.startsWith("20.") ? /^(gunicorn|uvicorn-worker)==/ : /^gunicorn==/;
  const rest = requirements.newest.filter((one) => !left.test(one));
  return [`gunicorn==${gunicorn}`, ...rest, "setuptools==80.9.0"];
}

/** Path of a program of a virtualenv: `bin(await venv("23"), "gunicorn")`. */
export function bin(venvPath: string, program: string): string {
  return `${venvPath}/bin/${program}`;
}

/** `venv` for any folder, requirements and Python. */
export async function makeVenv(
  path: string,
  wanted: readonly string[],
  python = Deno.env.get("PYTHON") ?? "python3",
): Promise<string> {
  const stamp = [...wanted].join("\n") + "\n";
  if (await isMade(path, stamp)) return path;
  const parent = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  await Deno.writeTextFile(`${parent}/.gitignore`, "*\n");
  // An flock, not an O_EXCL file: the kernel lets go of it when a test process is killed half-way.
  using lock = await Deno.open(`${path}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (await isMade(path, stamp)) return path;
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
  await run(
    path,
    python,
    ["-m", "venv", path],
    `is Python 3.8 or newer with its venv module installed (PYTHON=${python})?`,
  );
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...wanted];
  const advice = "let pip reach a package registry (PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY) and run this again";
  if (wanted.length > 0) await run(path, bin(path, "python"), pip, advice);
  await Deno.writeTextFile(`${path}/requirements.stamp`, stamp); // last: it says that all went well
  return path;
}

async function isMade(path: string, stamp: string): Promise<boolean> {
  try {
    const found = await Deno.readTextFile(`${path}/requirements.stamp`);
    await Deno.stat(bin(path, "python")); // follows the link: missing when the base interpreter was removed
    return found === stamp;
  } catch (error) {
    return ignoreMissing(error) ?? false;
  }
}

async function run(path: string, program: string, args: string[], advice: string): Promise<void> {
  const command = `"${program} ${args.join(" ")}"`;
  const fail = (why: string): Error => new Error(`Cannot make the virtualenv ${path}: ${command} ${why}`);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null" }).output();
  } catch (error) {
    throw fail(`did not start (${(error as Error).message}), ${advice}`);
  }
  if (output.success) return;
  const said = new TextDecoder().decode(output.stderr) + new TextDecoder().decode(output.stdout);
  throw fail(`failed, ${advice}. It said:\n  ${said.trim().split("\n").slice(-6).join("\n  ")}`);
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
