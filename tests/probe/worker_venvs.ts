/** Virtualenvs for the worker classes that the common ones cannot run. */

import { bin, makeVenv } from "../support/venv.ts";

const repository = new URL("../../", import.meta.url).pathname;

const requirements = {
  // The eventlet worker left gunicorn before 27, uvicorn.workers left uvicorn.
  old: ["gunicorn==23.0.0", "eventlet==0.41.3", "uvicorn==0.30.6"],
} as const;

/** Path of the gunicorn of one of them. */
export async function gunicornFor(name: keyof typeof requirements): Promise<string> {
  return bin(await makeVenv(`${repository}.venvs/${name}`, requirements[name]), "gunicorn");
}
