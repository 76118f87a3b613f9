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
  "23-titles": ["gunicorn==23.0.0", "setproctitle==1.3.7"],
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
  if (name === "newest" && other) {
    const python = Deno.env.get("TEST_PYTHON");
    const folder = `${repository}.venvs/newest-${other}`;
    if (python === undefined) return makeVenv(folder, newestWith(other));
    return makeVenv(`${folder}-${python.replace(/.*\//, "")}`, newestWith(other), python);
  }
  return makeVenv(`${repository}.venvs/${name}`, requirements[name]);
}

/** The last of each package that Python 3.8 runs. */
const FOR_OLD_PYTHON = [
  "uvicorn==0.33.0",
  "uvicorn-worker==0.2.0",
  "fastapi==0.124.4",
  "gevent==24.2.1",
  "eventlet==0.39.1",
  "tornado==6.4.2",
  "uvloop==0.23.0",
  "httptools==0.6.4",
  "websockets==13.1",
  "packaging==25.0",
];

/** TEST_GUNICORN=23.0.0: tests that run on the newest gunicorn run on that one, and TEST_PYTHON=python3.8 on that Python. */
function newestWith(gunicorn: string): string[] {
  // The last uvicorn-worker and tornado that fit gunicorn 20.
  const fit = gunicorn.startsWith("20.") ? ["uvicorn-worker==0.2.0", "tornado==5.1.1"] : [];
  const replaced = ["gunicorn==", ...fit].map((one) => one.replace(/==.*/, "=="));
  const rest = (all: readonly string[], pythons: string) =>
    all.filter((one) => !replaced.some((name) => one.startsWith(name)))
      .map((one) => `${one}; python_version ${pythons}`);
  return [
    `gunicorn==${gunicorn}`,
    ...fit,
    ...rest(requirements.newest, '>= "3.11"'),
    ...rest(FOR_OLD_PYTHON, '< "3.11"'),
    // The last for Python 3.8; gunicorn 20.1 imports pkg_resources, which setuptools dropped in 81.
    "setuptools==75.3.4",
  ];
}

/** Major version of the newest gunicorn, or of the one that TEST_GUNICORN names. */
export function newestMajor(): number {
  return parseInt(Deno.env.get("TEST_GUNICORN") || "27", 10);
}

/** Whether the gunicorn of a virtualenv has a worker class: asgi is there from 24 on. */
export function hasWorker(name: VenvName, workerClass: string): boolean {
  return workerClass !== "asgi" || name !== "newest" || newestMajor() >= 24;
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
  // Its programs begin with its path: not that of a link, which may go.
  const made = (await Deno.realPath(parent)) + path.slice(parent.length);
  await run(
    made,
    python,
    ["-m", "venv", made],
    `is Python 3.8 or newer with its venv module installed (PYTHON=${python})?`,
  );
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...wanted];
  const advice = "let pip reach a package registry (PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY) and run this again";
  if (wanted.length > 0) await run(made, bin(made, "python"), pip, advice);
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
