/** The servers compared: how each is started for a scenario, and what was set for it and why. */
import { program } from "../../tests/support/autoscaled.ts";
import { run } from "../../tests/support/process.ts";
import { bin } from "../../tests/support/venv.ts";
import { freeUdpPort } from "../../tests/support/port.ts";
import type { Scenario } from "../scenario.ts";
import {
  app,
  bounds,
  environment,
  gunicornArguments,
  gunicornVenv,
  pathWithGunicorn,
} from "./gunicorn_command.ts";
import { uwsgi } from "./uwsgi.ts";
import { BUSYNESS, SPARE, TUNED_BUSYNESS } from "./uwsgi_settings.ts";
import { memoryShare } from "./neighbour.ts";
import type { Launch } from "./launch.ts";

/** A server that is compared. */
export interface Rival {
  readonly name: string;
  /** For the table and the chart. */
  readonly label: string;
  /** A resource of which a machine has one: two servers that need the same cannot run at the same time. */
  readonly onlyOne?: string;
  /** Each new worker imports the application, which takes CPU where it is large. */
  readonly imports?: true;
  /** The command for a scenario; a string says why it cannot take part. */
  launch(scenario: Scenario, port: number): Promise<Launch | string>;
}

const repository = new URL("../../", import.meta.url).pathname;

/** In the order of the table. */
export const rivals: readonly Rival[] = [
  { name: "fixed-min", label: "gunicorn, minimum", launch: (s, port) => fixed(s, port, s.minWorkers) },
  { name: "fixed-max", label: "gunicorn, maximum", launch: (s, port) => fixed(s, port, s.maxWorkers) },
  { name: "preload", label: "gunicorn --preload, maximum", launch: preloaded },
  { name: "ours", label: "gunicorn-autoscaler", imports: true, launch: ours },
  {
    name: "ours-fork",
    label: "gunicorn-autoscaler --fork-server on",
    launch: (s, port) => ours(s, port, { GUNICORN_AUTOSCALER_FORK_SERVER: "on" }),
  },
  {
    name: "rust",
    label: "Rust autoscaler 0.2.1",
    onlyOne: "/tmp/gunicorn.pid",
    imports: true,
    launch: (s, port) => rust(s, port),
  },
  {
    name: "rust-tuned",
    label: "Rust autoscaler, tuned",
    onlyOne: "/tmp/gunicorn.pid",
    imports: true,
    launch: (s, port) => rust(s, port, tunedRust(s)),
  },
  { name: "uwsgi-busyness", label: "uWSGI busyness", launch: (s, port) => uwsgi(s, port, BUSYNESS) },
  {
    name: "uwsgi-tuned",
    label: "uWSGI busyness, tuned",
    launch: (s, port) => uwsgi(s, port, TUNED_BUSYNESS),
  },
  {
    name: "uwsgi-lazy",
    label: "uWSGI busyness, tuned, --lazy-apps",
    imports: true,
    launch: (s, port) => uwsgi(s, port, [...TUNED_BUSYNESS, "--lazy-apps"]),
  },
  { name: "uwsgi-spare", label: "uWSGI spare", launch: (s, port) => uwsgi(s, port, SPARE) },
];

/** The rivals of these names; all when there are none. Throws when one is unknown. */
export function rivalsNamed(names: readonly string[]): readonly Rival[] {
  return names.length === 0 ? rivals : names.map((name) => {
    const found = rivals.find((rival) => rival.name === name);
    if (found) return found;
    throw new Error(
      `Cannot run "${name}": there is no such server, take ${rivals.map((r) => r.name).join(", ")}`,
    );
  });
}

/**
 * What is measured at the same time: one server after the other, or, `together`, as many as a light scenario and the
 * things there is but one of allow.
 */
export function batches(scenario: Scenario, all: readonly Rival[], together: boolean): Rival[][] {
  if (!together || !scenario.light) return all.map((rival) => [rival]);
  const made: Rival[][] = [];
  const alone = ({ imports }: Rival) => scenario.app === "django" && imports === true;
  for (const rival of all) {
    const fits = alone(rival)
      ? undefined
      : made.find((batch) =>
        batch.every((other) => !alone(other) && (!other.onlyOne || other.onlyOne !== rival.onlyOne))
      );
    if (fits) fits.push(rival);
    else made.push([rival]);
  }
  return made;
}

async function fixed(
  scenario: Scenario,
  port: number,
  workers: number,
  more: readonly string[] = [],
): Promise<Launch> {
  const args = [...gunicornArguments(scenario, port), "--workers", String(workers), ...more, app(scenario)];
  return {
    program: bin(await gunicornVenv(scenario), "gunicorn"),
    args,
    env: environment(scenario),
    workersAre: "children",
    firstWorkers: workers,
  };
}

/** All workers share the memory of one import. */
function preloaded(scenario: Scenario, port: number): Promise<Launch> {
  return fixed(scenario, port, scenario.maxWorkers, ["--preload"]);
}

/** This project on its defaults but for the bounds and `settings`; from source, or the binary of AUTOSCALER_BINARY. */
async function ours(
  scenario: Scenario,
  port: number,
  settings: Record<string, string> = {},
): Promise<Launch> {
  const { initialWorkers, neighbour } = scenario;
  const share = neighbour ? { GUNICORN_AUTOSCALER_MEMORY_SHARE: memoryShare(neighbour).toFixed(4) } : {};
  const [command, ...words] = program();
  return {
    program: command!,
    args: [
      ...words,
      app(scenario),
      ...gunicornArguments(scenario, port),
      ...(initialWorkers ? ["--workers", String(initialWorkers)] : []),
    ],
    env: {
      ...environment(scenario),
      ...bounds(scenario),
      ...share,
      ...settings,
      PATH: await pathWithGunicorn(scenario),
    },
    workersAre: "grandchildren",
    ...(initialWorkers ? { firstWorkers: initialWorkers } : {}),
  };
}

/**
 * The Rust program of the same name (crates.io, 0.2.1). Under Uvicorn it sees no request without a middleware
 * in the app: the tuned one gets an app that has it. It takes `--threads` away from gunicorn's command line,
 * so that threads go to gunicorn by its own variable here.
 */
async function rust(
  scenario: Scenario,
  port: number,
  tuned?: Record<string, string>,
): Promise<Launch | string> {
  const program = await rustProgram();
  if (program === undefined) return "not built: run `deno run -A bench/servers/setup.ts`";
  const threads = scenario.threads ? { GUNICORN_CMD_ARGS: `--threads ${scenario.threads}` } : {};
  const statsd = { GUNICORN_AUTOSCALER_STATSD_ADDR: `127.0.0.1:${freeUdpPort()}`, RUST_LOG: "info" };
  return {
    program,
    args: tuned && scenario.app === "fastApi"
      ? [
        "fast_api_statsd:app",
        ...gunicornArguments(scenario, port),
        "--pythonpath",
        `${repository}bench/apps`,
      ]
      : [app(scenario), ...gunicornArguments({ ...scenario, threads: 0 }, port)],
    env: {
      ...environment(scenario),
      ...bounds(scenario),
      ...threads,
      ...statsd,
      ...tuned,
      PATH: await pathWithGunicorn(scenario),
    },
    workersAre: "grandchildren",
  };
}

/**
 * The best we could do for it: a worker's real concurrency instead of 25 (kept at 70 % of it), five ticks a second instead
 * of one, a window and waits that fit loads of under a minute. Half of the growth it asks for still gets lost, because it
 * sends several SIGTTIN at once, and only one arrives.
 */
function tunedRust(scenario: Scenario): Record<string, string> {
  return {
    GUNICORN_AUTOSCALER_TARGET_CONC_PER_WORKER: String(0.7 * (scenario.threads ?? 1)),
    GUNICORN_AUTOSCALER_TICK_MS: "200",
    GUNICORN_AUTOSCALER_WINDOW_SECONDS: "3",
    GUNICORN_AUTOSCALER_UP_COOLDOWN_MS: "200",
    GUNICORN_AUTOSCALER_DOWN_COOLDOWN_MS: "1000",
    GUNICORN_AUTOSCALER_NO_DOWNSCALE_MS_AFTER_UP: "5000",
    GUNICORN_AUTOSCALER_IDLE_SECONDS: "5",
    GUNICORN_AUTOSCALER_BURST_RPS_JUMP: "2",
    GUNICORN_AUTOSCALER_BURST_COOLDOWN_MS: "200",
  };
}

/** Its program: built by bench/servers/setup.ts, named by RUST_AUTOSCALER, or the one on PATH if it is not this project. */
export async function rustProgram(): Promise<string | undefined> {
  for (
    const program of [
      Deno.env.get("RUST_AUTOSCALER"),
      `${repository}.bench/bin/gunicorn-autoscaler`,
      "gunicorn-autoscaler",
    ]
  ) {
    if (program === undefined) continue;
    // Both projects name their program alike; without arguments the Rust one says this and ends.
    const stderr = await run(program, []).then((ended) => ended.stderr, () => "");
    if (stderr.includes("usage: gunicorn-autoscaler APP [gunicorn args...]") && stderr.startsWith("Error:")) {
      return program;
    }
  }
  return undefined;
}
