/** Wheels of what the FastAPI example needs: downloaded once, so that environments are made without a registry. */
import { run } from "../process.ts";
import { makeVenv, requirements } from "../venv.ts";

const folder = new URL("../../../.venvs/wheels", import.meta.url).pathname;
const wanted = requirements.newest.filter((one) => /^(gunicorn|uvicorn|uvicorn-worker|fastapi)=/.test(one));

/**
 * Folder of the wheels, for `pip install --no-index --find-links`.
 * @param python version ("3.11") of the Python they are for; the one of the tests when not given
 * @throws when a package registry is out of reach
 */
export async function exampleWheels(python?: string): Promise<string> {
  const path = await makeVenv(folder, []);
  const wheels = `${path}/wheels${python === undefined ? "" : `-${python}`}`;
  using lock = await Deno.open(`${path}.wheels.lock`, { create: true, write: true });
  await lock.lock(true);
  if (await Deno.stat(`${wheels}/complete`).then(() => true, () => false)) return wheels;
  const args = ["download", "--quiet", "--disable-pip-version-check", "--dest", wheels];
  if (python !== undefined) args.push("--only-binary=:all:", `--python-version=${python}`);
  const { code, stderr } = await run(`${path}/bin/pip`, [...args, ...wanted]);
  if (code !== 0) throw new Error(`Cannot download the wheels of the example: ${stderr.trim()}`);
  await Deno.writeTextFile(`${wheels}/complete`, "");
  return wheels;
}
