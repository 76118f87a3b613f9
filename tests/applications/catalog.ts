/** Well-known applications from PyPI, each started with the line that its own documentation gives. */
import { run } from "../support/process.ts";
import type { TempDir } from "../support/tempdir.ts";
import { GEVENT_WEBSOCKET, IMAGE, openTaxii, STARLETTE } from "./sources.ts";

/** Where an application is tried. */
export interface Place {
  /** Working folder, empty at first. */
  readonly folder: TempDir;
  /** The bin folder of its virtualenv. */
  readonly bin: string;
}

/** An application, and how it is started. */
export interface Application {
  readonly name: string;
  /** What pip installs, the application's own package first. */
  readonly packages: readonly string[];
  /** Its line without `gunicorn` and without the address. */
  readonly words: (place: Place) => readonly string[];
  /** The line, as the table shows it. */
  readonly line: string;
  readonly env?: (place: Place) => Record<string, string>;
  /** Makes what it needs before its first start. */
  readonly prepare?: (place: Place) => Promise<void>;
  /** What is asked for; it answers with 200. */
  readonly path: string;
  /** A WebSocket that echoes: as many of these as of requests. */
  readonly webSocket?: string;
  /** Requests a second that one worker can carry on a busy machine. */
  readonly perSecond: number;
}

const GUNICORN = "gunicorn==27.0.1";

export const APPLICATIONS: readonly Application[] = [
  {
    name: "gevent-websocket",
    packages: ["gevent-websocket==0.10.1", GUNICORN, "gevent==26.9.0", "packaging==25.0"],
    line: "gunicorn -k geventwebsocket.gunicorn.workers.GeventWebSocketWorker wsgi:websocket_app",
    words: () => ["-k", "geventwebsocket.gunicorn.workers.GeventWebSocketWorker", "wsgi:websocket_app"],
    prepare: async ({ folder }) => {
      await folder.write("wsgi.py", GEVENT_WEBSOCKET);
    },
    path: "/",
    webSocket: "/echo",
    perSecond: 20,
  },
  {
    name: "httpbin",
    // It wants a greenlet below 3, which the gevent of newer gunicorns is above.
    packages: ["httpbin==0.10.4", "gunicorn==23.0.0", "gevent==23.9.0.post1"],
    line: "gunicorn -k gevent httpbin:app",
    words: () => ["-k", "gevent", "httpbin:app"],
    path: "/delay/0.2",
    perSecond: 20,
  },
  {
    name: "Isso",
    packages: ["isso==0.14.0", GUNICORN],
    line: "gunicorn -w 4 --preload isso.run",
    words: () => ["-w", "4", "--preload", "isso.run"],
    env: ({ folder }) => ({ ISSO_SETTINGS: folder.join("isso.cfg") }),
    prepare: async ({ folder }) => {
      const database = `[general]\ndbpath = ${folder.join("comments.db")}\nhost = http://localhost/\n`;
      await folder.write("isso.cfg", database);
    },
    path: "/info",
    perSecond: 20,
  },
  {
    name: "MapProxy",
    // The last gunicorn with its eventlet class.
    packages: ["mapproxy==7.0.0", "gunicorn==25.3.0", "eventlet==0.41.3"],
    line: "gunicorn -k eventlet --workers=8 --log-file=- config:application",
    words: () => ["-k", "eventlet", "--workers=8", "--log-file=-", "config:application"],
    prepare: async (place) => {
      await made(place, "mapproxy-util", ["create", "-t", "base-config", "."]);
      await made(place, "mapproxy-util", ["create", "-t", "wsgi-app", "-f", "mapproxy.yaml", "config.py"]);
    },
    path: "/service?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
    perSecond: 20,
  },
  {
    name: "MLflow",
    // It brings its own gunicorn.
    packages: ["mlflow==2.22.5"],
    line: "gunicorn -w 4 mlflow.server:app",
    words: () => ["-w", "4", "mlflow.server:app"],
    // What `mlflow server` sets before it starts this very line.
    env: ({ folder }) => ({
      _MLFLOW_SERVER_FILE_STORE: folder.join("runs"),
      _MLFLOW_SERVER_ARTIFACT_ROOT: "mlflow-artifacts:/",
      _MLFLOW_SERVER_ARTIFACT_DESTINATION: folder.join("artifacts"),
      _MLFLOW_SERVER_SERVE_ARTIFACTS: "true",
    }),
    path: "/health",
    perSecond: 20,
  },
  {
    name: "OpenTAXII",
    packages: ["opentaxii==0.9.3", GUNICORN],
    // Its module is gunicorn's configuration too.
    line: "gunicorn opentaxii.http:app --workers=2 --timeout=300 --config=python:opentaxii.http",
    words: () => [
      ...["opentaxii.http:app", "--workers=2", "--log-level=info", "--log-file=-", "--timeout=300"],
      "--config=python:opentaxii.http",
    ],
    env: ({ folder }) => ({ OPENTAXII_CONFIG: folder.join("opentaxii.yml") }),
    prepare: async ({ folder }) => {
      await folder.write("opentaxii.yml", openTaxii((name) => `sqlite:///${folder.join(name)}`));
    },
    path: "/management/health",
    perSecond: 20,
  },
  {
    name: "pgAdmin",
    packages: ["pgadmin4==9.18", GUNICORN],
    line: "gunicorn --workers=1 --threads=25 --chdir .../pgadmin4 pgAdmin4:app",
    words: (
      { bin },
    ) => ["--workers=1", "--threads=25", "--chdir", installed(bin, "pgadmin4"), "pgAdmin4:app"],
    env: ({ folder }) => ({
      PYTHONPATH: folder.path,
      PGADMIN_SETUP_EMAIL: "admin@example.com",
      PGADMIN_SETUP_PASSWORD: "password",
    }),
    prepare: async ({ folder }) => {
      await folder.write("config_local.py", `SERVER_MODE = True\nDATA_DIR = "${folder.join("data")}"\n`);
    },
    path: "/misc/ping",
    perSecond: 20,
  },
  {
    name: "pypiserver",
    packages: ["pypiserver==2.4.2", GUNICORN],
    line: "gunicorn -w4 'pypiserver:app(root=\"packages\")'",
    words: ({ folder }) => ["-w4", `pypiserver:app(root="${folder.join("packages")}")`],
    prepare: async ({ folder }) => {
      await folder.write("packages/nothing-1.0.tar.gz", "");
    },
    path: "/simple/",
    perSecond: 20,
  },
  {
    name: "Radicale",
    packages: ["radicale==3.9.0", GUNICORN],
    line: "gunicorn --env RADICALE_CONFIG=config --workers 8 radicale",
    words: (
      { folder },
    ) => ["--env", `RADICALE_CONFIG=${folder.join("config")}`, "--workers", "8", "radicale"],
    prepare: async ({ folder }) => {
      await folder.write("config", `[storage]\nfilesystem_folder = ${folder.join("collections")}\n`);
    },
    path: "/.web/",
    perSecond: 20,
  },
  {
    name: "Starlette",
    packages: ["starlette==1.10.0", GUNICORN, "uvicorn==0.54.0", "uvicorn-worker==0.4.0", "websockets==16.0"],
    line: "gunicorn example:app -w 4 -k uvicorn_worker.UvicornWorker",
    words: () => ["example:app", "-w", "4", "-k", "uvicorn_worker.UvicornWorker"],
    prepare: async ({ folder }) => {
      await folder.write("example.py", STARLETTE);
    },
    path: "/",
    webSocket: "/echo",
    perSecond: 20,
  },
  {
    name: "Superset",
    // It takes any flask-caching, and is broken by newer ones.
    packages: ["apache-superset==6.1.0", GUNICORN, "gevent==24.11.1", "flask-caching==2.3.1"],
    line: "gunicorn -w 10 -k gevent ... --statsd-host localhost:8125 'superset.app:create_app()'",
    words: () => [
      ...["-w", "10", "-k", "gevent", "--worker-connections", "1000", "--timeout", "120"],
      ...["--limit-request-line", "0", "--limit-request-field_size", "0", "--statsd-host", "localhost:8125"],
      "superset.app:create_app()",
    ],
    env: ({ folder }) => ({ SUPERSET_SECRET_KEY: "secret", SUPERSET_HOME: folder.path }),
    path: "/health",
    perSecond: 20,
  },
  {
    name: "TiTiler",
    packages: ["titiler.application==2.4.0", GUNICORN, "uvicorn==0.54.0", "uvicorn-worker==0.4.0"],
    line: "gunicorn -k uvicorn_worker.UvicornWorker titiler.application.main:app",
    words: () => ["-k", "uvicorn_worker.UvicornWorker", "titiler.application.main:app"],
    prepare: (place) => made(place, "python", ["-c", IMAGE]),
    // Reads, resamples and encodes: computes in threads beside the event loop.
    path: "/cog/preview/256x256.png?url=image.tif",
    perSecond: 8,
  },
  {
    name: "Wagtail",
    packages: ["wagtail==8.0.1", GUNICORN],
    line: "gunicorn mysite.wsgi:application",
    words: () => ["mysite.wsgi:application"],
    prepare: async (place) => {
      await made(place, "wagtail", ["start", "mysite", "."]);
      await made(place, "python", ["manage.py", "migrate", "--verbosity", "0"]);
    },
    path: "/",
    perSecond: 8,
  },
];

/** Folder of an installed package. */
function installed(bin: string, name: string): string {
  const lib = bin.replace(/bin$/, "lib");
  const [python] = [...Deno.readDirSync(lib)].filter((entry) => entry.name.startsWith("python"));
  return `${lib}/${python!.name}/site-packages/${name}`;
}

async function made({ folder, bin }: Place, program: string, args: string[]): Promise<void> {
  const path = `${bin}:${Deno.env.get("PATH")}`;
  const { code, stdout, stderr } = await run(`${bin}/${program}`, args, {
    cwd: folder.path,
    env: { PATH: path },
  });
  if (code === 0) return;
  const lastLine = `${stdout}\n${stderr}`.trim().split("\n").at(-1);
  throw new Error(`Cannot make the site: ${program} ${args.join(" ")} ended with ${code} (${lastLine})`);
}
