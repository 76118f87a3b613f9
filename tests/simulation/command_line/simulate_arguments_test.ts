import { assert, assertEquals, assertMatch } from "@std/assert";
import { OPTIONS } from "../../../src/settings/settings_table.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import { parseComparison, vary } from "../../../src/simulation/report/comparison.ts";
import { parseSimulateArguments } from "../../../src/simulation/command_line/simulate_arguments.ts";
import { simulateHelp } from "../../../src/simulation/command_line/simulate_help.ts";
import { SIMULATE_OPTIONS } from "../../../src/simulation/command_line/simulate_options.ts";

const SETTINGS = {
  ...Object.fromEntries(OPTIONS.map((option) => [option.name, option.default])),
  minWorkers: 2,
  maxWorkers: 12,
} as unknown as Settings;

Deno.test("options are read with = or as the next word, switches with and without no-", () => {
  const { options, policyFlags, errors, given } = parseSimulateArguments(
    [
      "--load",
      "trace:rates.txt",
      "--cores=4",
      "--json",
      "--no-chart",
      "--step=5m",
      "--min-workers",
      "3",
      "--no-burst-enabled",
    ],
  );
  assertEquals(errors, []);
  assertEquals([options.load, options.cores, options.json, options.chart, options.step], [
    "trace:rates.txt",
    4,
    true,
    false,
    300_000,
  ]);
  assertEquals(Object.fromEntries(policyFlags), { "min-workers": "3", "burst-enabled": "false" });
  assert(given.has("cores") && !given.has("seed"));
});

Deno.test("every mistake is listed at once, each with what to do", () => {
  const { errors } = parseSimulateArguments(
    ["--lod", "x", "hello", "--cores=many", "--seed", "--boot-cpu-ms=500", "--step=soon"],
  );
  assertEquals(errors.length, 8);
  for (const error of errors) assertMatch(error, /^Cannot .+: .+, .+$/);
  assertMatch(errors[0]!, /did you mean --load\?/);
});

Deno.test("an option that would change nothing is refused", () => {
  const refused = (...args: string[]) =>
    parseSimulateArguments(args).errors.map((error) =>
      /^Cannot use (\S+): .+, (?:give|add) /.exec(error)?.[1]
    );
  const idle = ["--step=1m", "--log-duration=ms", "--cpu-share=0.5", "--share=99", "--tune-seconds=5"];
  assertEquals(refused("--load=5x10s", ...idle), [
    "--step",
    "--log-duration",
    "--cpu-share",
    "--share",
    "--tune-seconds",
  ]);
  assertEquals(refused("--load=trace:a", "--step=1m", "--tune", "--share=99"), []);
  assertEquals(refused("--load=access-log:a", "--log-duration=ms", "--cpu-share=0.5"), []);
});

Deno.test("one load is needed, and one only", () => {
  const one = (...args: string[]) => parseSimulateArguments(args).errors.length;
  assertEquals([one(), one("--load=1x1s"), one("--from=a"), one("--load=1x1s", "--from=a")], [1, 0, 0, 1]);
  assertEquals(parseSimulateArguments(["--help"]).errors, []);
});

Deno.test("no option of simulate hides a setting of the autoscaler", () => {
  const settings = new Set(OPTIONS.map((option) => option.flag));
  assertEquals(SIMULATE_OPTIONS.filter((option) => settings.has(option.flag)), []);
});

Deno.test("the help names every option and keeps its lines short", () => {
  const help = simulateHelp();
  for (const { flag } of SIMULATE_OPTIONS) assertMatch(help, new RegExp(`--(\\[no-\\])?${flag}\\b`));
  assertMatch(help, /^ {2}of foresight +Worker-seconds, as a multiple of/m);
  for (const line of help.split("\n")) assert(line.length <= 120, line);
});

Deno.test("a comparison makes the controllers it names", () => {
  const list = "fixed:8,fixed:min,fixed:max,rust,rust:burst-add-workers=2;burst-enabled=false," +
    "uwsgi-busyness:overload=1;backlog-alert=5,min=4;idle-seconds=10";
  const { controllers, errors } = parseComparison(list, SETTINGS, 0);
  assertEquals(errors, []);
  const made = controllers.map((make) => make());
  assertEquals(made.map(({ initialWorkers }) => initialWorkers), [8, 2, 12, 2, 2, 2, 4]);
  assertEquals(made.at(-1)!.name, "min=4;idle-seconds=10");
});

for (
  const bad of [
    "fixed:x",
    "fixed:0",
    "fixed:",
    "nginx",
    "rust:speed=9",
    "rust:tick-ms=soon",
    "rust:tick-ms=0",
    "rust:slo-p95-ms=Infinity",
    "uwsgi-busyness:max=",
    "min=0",
    "mni=3",
    "min=20",
    "probe=off",
  ]
) {
  Deno.test(`"${bad}" cannot be compared with, and the error says why`, () => {
    const { errors } = parseComparison(bad, SETTINGS, 0);
    assertEquals(errors.length, 1);
    assertMatch(errors[0]!, /^Cannot compare with ".*": .+, .+$/);
  });
}

Deno.test("settings are varied by their flags, min and max by these short names", () => {
  const varied = vary("min=4; max=9 ;window-seconds=2.5;burst-enabled=no", SETTINGS);
  assertEquals(
    [varied.minWorkers, varied.maxWorkers, varied.windowSeconds, varied.burstEnabled],
    [4, 9, 2.5, false],
  );
});
