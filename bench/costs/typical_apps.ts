/** Applications of three sizes, as people run them: what sleep is measured with. */
import { requirements } from "../../tests/support/venv.ts";
import { REQUIREMENTS } from "./django.ts";

/** An application of bench/apps. */
export interface TypicalApp {
  readonly app: string;
  /** gunicorn's options for it. */
  readonly gunicorn: readonly string[];
  /** Its virtualenv below .venvs, and what that holds. */
  readonly venv: string;
  readonly requirements: readonly string[];
}

const [GUNICORN] = requirements.newest;

/** By the names that `--apps` takes. */
export const typicalApps = {
  flask: { app: "flask_hello:app", gunicorn: [], venv: "flask", requirements: [GUNICORN, "flask==3.1.3"] },
  fastapi: {
    app: "fast_api_sql:app",
    gunicorn: ["-k", "uvicorn_worker.UvicornWorker"],
    venv: "newest-sql",
    requirements: [...requirements.newest, "sqlalchemy==2.1.9"],
  },
  django: { app: "django_shop:app", gunicorn: [], venv: "django", requirements: REQUIREMENTS },
} as const satisfies Record<string, TypicalApp>;

/** The name of one of them. */
export type TypicalAppName = keyof typeof typicalApps;
