import { assertEquals, assertStringIncludes } from "@std/assert";
import { valueOf } from "../../src/gunicorn/arguments.ts";
import type { Inspection } from "../../src/gunicorn/inspect.ts";
import { type LaunchInput, planLaunch } from "../../src/gunicorn/launch_plan.ts";
import type { GracefulTimeout } from "../../src/sensors/probe/prepared_start.ts";
import { resolveSettings } from "../../src/settings/settings_sources.ts";

const INSPECTION: Inspection = {
  gunicorn: "23.0.0",
  python: "3.11.2",
  executable: "/usr/bin/python3",
  worker_class: "sync",
  worker_class_names: [],
  worker_class_problem: null,
  workers: 1,
  given: [],
  config: null,
  threads: 1,
  worker_connections: 1000,
  address: [],
  timeout: 30,
  graceful_timeout: 30,
  keepalive: 2,
  preload: false,
  reload: false,
  reuse_port: false,
  daemon: false,
  statsd_host: null,
  unusable: [],
  app: null,
};
const { sources } = resolveSettings({
  flags: new Map([["max-workers", "10"]]),
  environment: {},
  envFile: "",
  cores: 2,
});

function plan(line: string, changes: Partial<LaunchInput> = {}, flags: Record<string, string> = {}) {
  const { settings } = resolveSettings({
    flags: new Map(Object.entries({ "max-workers": "10", ...flags })),
    environment: {},
    envFile: "",
    cores: 2,
  });
  return planLaunch({
    settings,
    gunicornArgs: line.split(" "),
    environment: {},
    wrapperConfig: "/run/x/conf.py",
    ...changes,
  });
}

Deno.test("with the probe nothing of the user's command line is changed, our config is its last option", () => {
  const line = "app:app -w 4 --threads 2 --pid x.pid --statsd-host h:1 --statsd-prefix p -c mine.py";
  assertEquals(plan(line).args.join(" "), `${line} -c /run/x/conf.py`);
});

Deno.test("the number to begin with is that of the line; without one gunicorn's configuration decides", () => {
  const cases: [line: string, environment: Record<string, string>, workers: number, isFound: boolean][] = [
    ["app:app", {}, 2, true],
    ["app:app -w 4", {}, 4, false],
    ["app:app -w 4", { WEB_CONCURRENCY: "6" }, 4, false],
    ["app:app", { WEB_CONCURRENCY: "6" }, 2, true],
    ["app:app", { GUNICORN_CMD_ARGS: "--workers 5", WEB_CONCURRENCY: "6" }, 5, false],
    ["app:app -w 99", {}, 10, false],
    ["app:app -w 0", {}, 2, false],
    ["app:app -w nonsense", {}, 2, true], // gunicorn itself refuses it
  ];
  for (const [line, environment, workers, isFound] of cases) {
    const { initialWorkers, isFound: found, prepared } = plan(line, { environment, sources });
    assertEquals([initialWorkers, found], [workers, isFound], `${line} ${JSON.stringify(environment)}`);
    const { defaultWorkers, minWorkers, maxWorkers } = prepared;
    assertEquals([defaultWorkers, minWorkers, maxWorkers], [isFound ? 2 : undefined, undefined, 10]);
  }
});

Deno.test("a fork server without the probe has no effect, and a note says so", () => {
  const notes = (wrapperConfig: string | undefined) =>
    plan("app:app", { wrapperConfig }, { "fork-server": "on" }).notes.join();
  assertStringIncludes(notes(undefined), "--fork-server on has no effect with --probe off");
  assertEquals(notes("/run/x/conf.py"), "");
});

Deno.test("a sleep needs the probe, and listeners of the master's own", () => {
  const sleepy = { "sleep-after": "60" };
  assertEquals(plan("app:app", {}, sleepy).errors, []);
  assertEquals(plan("app:app --reuse-port").errors, []);
  for (const environment of [{}, { GUNICORN_CMD_ARGS: "--reuse-port" }]) {
    const line = "GUNICORN_CMD_ARGS" in environment ? "app:app" : "app:app --reuse-port";
    assertStringIncludes(
      plan(line, { environment }, sleepy).errors.join(),
      "--reuse-port: no socket listens",
    );
  }
  const deep = (flags: Record<string, string>) =>
    plan("app:app", {}, { "deep-sleep-after": "600", ...flags }).notes.join();
  assertStringIncludes(deep({}), "no effect without --sleep-after");
  assertStringIncludes(deep(sleepy), "no effect without --fork-server");
  assertEquals(deep({ ...sleepy, "fork-server": "on" }), "");
  const off = plan("app:app", { wrapperConfig: undefined }, { ...sleepy, probe: "off" });
  assertStringIncludes(off.errors.join(), "--probe off");
});

Deno.test("a dry run leaves the number to gunicorn, whatever it is", () => {
  const { isFound, prepared } = plan("app:app -w 4", {}, { "dry-run": "true" });
  assertEquals([isFound, prepared.defaultWorkers], [true, undefined]);
  const inspection = { ...INSPECTION, workers: 3 };
  const off = plan("app:app", { wrapperConfig: undefined, inspection }, { "dry-run": "true" });
  assertEquals([off.initialWorkers, valueOf(off.args, "workers")], [3, undefined]);
});

Deno.test("in little memory it begins with fewer workers, which a dry run does not", () => {
  const freeBytes = 500 * 2 ** 20;
  const few = plan("app:app -w 4", { freeBytes });
  assertEquals([few.initialWorkers, few.minWorkers, few.prepared.initialWorkers], [1, 2, 1]);
  assertStringIncludes(few.notes.join(), "1 of 4 workers to begin with");
  const found = plan("app:app", { freeBytes, sources });
  assertEquals(found.notes, []);
  assertEquals([found.initialWorkers, found.prepared.defaultWorkers, found.prepared.fittingWorkers], [
    1,
    2,
    1,
  ]);
  const off = plan("app:app -w 4", { freeBytes, wrapperConfig: undefined, inspection: INSPECTION });
  assertEquals(valueOf(off.args, "workers"), "1");
  const dry = plan("app:app -w 4", { freeBytes }, { "dry-run": "true" });
  assertEquals([dry.initialWorkers, dry.prepared.fittingWorkers], [4, Infinity]);
  assertEquals(plan("app:app").prepared.fittingWorkers, Infinity);
});

Deno.test("without the probe the number of a config file or of WEB_CONCURRENCY counts as well", () => {
  const of = (workers: number, given: string[], environment = {}) => {
    const inspection = { ...INSPECTION, workers, given };
    return plan("app:app", { wrapperConfig: undefined, inspection, environment });
  };
  assertEquals(of(4, ["workers"]).initialWorkers, 4);
  assertStringIncludes(of(4, ["workers"]).notes.join(), "workers=4 of gunicorn's config is the number");
  assertStringIncludes(of(4, ["workers"], { WEB_CONCURRENCY: "4" }).notes.join(), "WEB_CONCURRENCY=4 is");
  assertEquals(of(1, []).initialWorkers, 2);
});

Deno.test("without the probe the count and StatsD are ours, and the user's own StatsD server gets every packet", () => {
  const off = (line: string, changes: Partial<LaunchInput> = {}) =>
    plan(line, { wrapperConfig: undefined, ...changes });
  const { args, relayTo } = off("app:app -w 4 --statsd-host h:1 --statsd-prefix p");
  assertEquals([valueOf(args, "workers"), valueOf(args, "statsd-host")], ["4", "127.0.0.1:9125"]);
  assertEquals([valueOf(args, "statsd-prefix"), relayTo], ["p", "h:1"]);
  assertEquals(off("app:app", { environment: { GUNICORN_CMD_ARGS: "--statsd-host e:2" } }).relayTo, "e:2");
  assertEquals(off("app:app", { inspection: { ...INSPECTION, statsd_host: "c:3" } }).relayTo, "c:3");
  assertEquals(off("app:app").relayTo, undefined);
  assertEquals(off("app:app --statsd-host 127.0.0.1:9125").relayTo, undefined); // ourselves
});

Deno.test("only without the probe can a daemon not be supervised, wherever it is asked for", () => {
  const off = { wrapperConfig: undefined };
  assertStringIncludes(plan("app:app --daemon", off).errors[0]!, "Cannot run gunicorn with --daemon and");
  assertStringIncludes(plan("app:app -D", off).errors[0]!, "Cannot run gunicorn with --daemon and");
  const environment = { GUNICORN_CMD_ARGS: "--daemon" };
  assertEquals(plan("app:app", { ...off, environment }).errors.length, 1);
  assertEquals(plan("app:app --daemon", { environment }).errors, []);
});

Deno.test("an unreadable GUNICORN_CMD_ARGS is an error", () => {
  assertStringIncludes(
    plan("app:app", { environment: { GUNICORN_CMD_ARGS: "--bind 'x" } }).errors[0]!,
    "close the quote",
  );
});

Deno.test("the uvicorn worker is mapped only when asked for", () => {
  const line = "app:app -k uvicorn.workers.UvicornWorker --timeout 60";
  assertEquals(valueOf(plan(line).args, "worker-class"), "uvicorn.workers.UvicornWorker");
  assertEquals(
    valueOf(plan(line, {}, { "map-uvicorn-deprecated": "true" }).args, "worker-class"),
    "uvicorn_worker.UvicornWorker",
  );
});

Deno.test("what the master may do with the timeout: leave it, take the config's, or take that of the line", () => {
  const cases: [line: string, environment: string, timeout: GracefulTimeout][] = [
    ["app:app", "", "timeout"],
    ["app:app --timeout 60", "", 60],
    ["app:app -t60", "", 60],
    ["app:app", "--timeout 60", 60],
    ["app:app --timeout 50", "--timeout 60", 50],
    ["app:app --timeout 10", "", "default"],
    ["app:app --timeout 0", "", "default"],
    ["app:app --timeout 60 --graceful-timeout 5", "", "default"],
    ["app:app --timeout 60", "--graceful-timeout 5", "default"],
    ["app:app --timeout 60 --print-config", "", "default"],
  ];
  for (const [line, environment, timeout] of cases) {
    const { prepared } = plan(line, { environment: { GUNICORN_CMD_ARGS: environment } });
    assertEquals(prepared.gracefulTimeout, timeout, line);
  }
  const { prepared } = plan("app:app -t60", {}, { "auto-set-graceful-timeout": "no" });
  assertEquals(prepared.gracefulTimeout, "default");
});

Deno.test("without the probe a graceful timeout that is not set is on the line", () => {
  const graceful = (timeout: number, given: string[]) => {
    const inspection = { ...INSPECTION, timeout, given };
    return valueOf(plan("app:app", { wrapperConfig: undefined, inspection }).args, "graceful-timeout");
  };
  assertEquals(graceful(90, ["timeout"]), "90");
  assertEquals(graceful(90, ["timeout", "graceful_timeout"]), undefined);
  assertEquals([graceful(10, []), graceful(0, [])], [undefined, undefined]);
});
