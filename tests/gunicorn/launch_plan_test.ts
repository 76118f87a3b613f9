import { assertEquals, assertStringIncludes } from "@std/assert";
import { valueOf } from "../../src/gunicorn/arguments.ts";
import { type LaunchInput, planLaunch } from "../../src/gunicorn/launch_plan.ts";
import { resolveSettings } from "../../src/settings/settings_sources.ts";

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

Deno.test("the count to begin with", async (t) => {
  const cases: [line: string, environment: Record<string, string>, workers: number][] = [
    ["app:app", {}, 2],
    ["app:app -w 4", {}, 4],
    ["app:app -w 4", { WEB_CONCURRENCY: "6" }, 4],
    ["app:app", { WEB_CONCURRENCY: "6" }, 6],
    ["app:app", { GUNICORN_CMD_ARGS: "--workers 5", WEB_CONCURRENCY: "6" }, 5],
    ["app:app -w 1", {}, 2],
    ["app:app -w 99", {}, 10],
    ["app:app -w nonsense", {}, 2], // gunicorn itself refuses it
  ];
  for (const [line, environment, workers] of cases) {
    await t.step(`${line} ${JSON.stringify(environment)}: ${workers}`, () => {
      assertEquals(plan(line, { environment }).initialWorkers, workers);
    });
  }
});

Deno.test("a fork server without the probe is said to have no effect", () => {
  const notes = (wrapperConfig: string | undefined) =>
    plan("app:app", { wrapperConfig }, { "fork-server": "on" }).notes.join();
  assertStringIncludes(notes(undefined), "--fork-server on has no effect with --probe off");
  assertEquals(notes("/run/x/conf.py"), "");
});

Deno.test("that -w is only the beginning is said, and that it was out of bounds", () => {
  assertStringIncludes(plan("app:app -w 4").notes.join(), "--workers=4 is the number to begin with;");
  assertStringIncludes(plan("app:app -w 99").notes.join(), "brought within 2 to 10");
  assertEquals(plan("app:app").notes, []);
});

Deno.test("without the probe the count and StatsD are ours, and the user's own StatsD server gets every packet", () => {
  const off = (line: string, changes: Partial<LaunchInput> = {}) =>
    plan(line, { wrapperConfig: undefined, ...changes });
  const { args, relayTo } = off("app:app -w 4 --statsd-host h:1 --statsd-prefix p");
  assertEquals([valueOf(args, "workers"), valueOf(args, "statsd-host")], ["4", "127.0.0.1:9125"]);
  assertEquals([valueOf(args, "statsd-prefix"), relayTo], ["p", "h:1"]);
  assertEquals(off("app:app", { environment: { GUNICORN_CMD_ARGS: "--statsd-host e:2" } }).relayTo, "e:2");
  assertEquals(off("app:app", { configuredStatsd: "c:3" }).relayTo, "c:3");
  assertEquals(off("app:app").relayTo, undefined);
  assertEquals(off("app:app --statsd-host 127.0.0.1:9125").relayTo, undefined); // ourselves
});

Deno.test("a daemon cannot be supervised, wherever it is asked for", () => {
  assertStringIncludes(plan("app:app --daemon").errors[0]!, "Cannot run gunicorn with --daemon");
  assertStringIncludes(plan("app:app -D").errors[0]!, "Cannot run gunicorn with --daemon");
  assertEquals(plan("app:app", { environment: { GUNICORN_CMD_ARGS: "--daemon" } }).errors.length, 1);
});

Deno.test("an unreadable GUNICORN_CMD_ARGS is an error", () => {
  assertStringIncludes(
    plan("app:app", { environment: { GUNICORN_CMD_ARGS: "--bind 'x" } }).errors[0]!,
    "close the quote",
  );
});

Deno.test("the uvicorn worker is mapped only when asked for; the graceful timeout is set unless told not to", () => {
  const line = "app:app -k uvicorn.workers.UvicornWorker --timeout 60";
  assertEquals(valueOf(plan(line).args, "worker-class"), "uvicorn.workers.UvicornWorker");
  assertEquals(
    valueOf(plan(line, {}, { "map-uvicorn-deprecated": "true" }).args, "worker-class"),
    "uvicorn_worker.UvicornWorker",
  );
  assertEquals(valueOf(plan(line).args, "graceful-timeout"), "60");
  assertEquals(
    valueOf(plan(line, {}, { "auto-set-graceful-timeout": "no" }).args, "graceful-timeout"),
    undefined,
  );
});
