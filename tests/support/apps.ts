/** The Python apps that tests and benchmarks serve: folder `apps/`, paths described in apps/work.py. */

/** Folder of the apps, for `--chdir`. */
export const appsFolder: string = new URL("apps", import.meta.url).pathname;

/** What to name to gunicorn. */
export const apps = {
  /** Bare WSGI. */
  wsgi: "wsgi:app",
  /** Bare ASGI. */
  asgi: "asgi:app",
  /** FastAPI, only in the newest virtualenv. */
  fastApi: "fast_api:app",
  /** WSGI whose import takes IMPORT_SECONDS. */
  slowImport: "slow_import:app",
  /** WSGI that cannot be imported while the file BROKEN_WHEN exists. */
  brokenBoot: "broken_boot:app",
} as const;
