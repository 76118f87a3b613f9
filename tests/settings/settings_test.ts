import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DEFAULT_POLICY } from "../../src/core/policy_settings.ts";
import { TOOLS } from "../../src/cli/command_names.ts";
import { helpOf } from "../../src/cli/help.ts";
import { defaultText, variableOf } from "../../src/settings/option.ts";
import { OPTIONS } from "../../src/settings/settings_table.ts";
import { policyOf } from "../../src/settings/policy.ts";
import { cappedMaximum, resolveSettings, type SourceTexts } from "../../src/settings/settings_sources.ts";

function resolve(texts: Partial<SourceTexts> = {}) {
  return resolveSettings({ flags: new Map(), environment: {}, envFile: "", cores: 2, ...texts });
}

Deno.test("flag over environment over .env over default", () => {
  const envFile = "GUNICORN_AUTOSCALER_SLO_P95_MS=100\n";
  const environment = { GUNICORN_AUTOSCALER_SLO_P95_MS: "200" };
  const flags = new Map([["slo-p95-ms", "250"]]);
  const told = (texts: Partial<SourceTexts>) => {
    const { settings, sources } = resolve(texts);
    return [settings.sloP95Ms, sources.sloP95Ms];
  };
  assertEquals(told({}), [300, "default"]);
  assertEquals(told({ envFile }), [100, ".env"]);
  assertEquals(told({ envFile, environment }), [200, "environment"]);
  assertEquals(told({ envFile, environment, flags }), [250, "flag"]);
});

Deno.test("an empty variable is none, an empty flag is an error", () => {
  const environment = { GUNICORN_AUTOSCALER_MAX_WORKERS: "", GUNICORN_AUTOSCALER_RECORD: " " };
  const envFile = "GUNICORN_AUTOSCALER_MIN_WORKERS=\nGUNICORN_AUTOSCALER_MAX_WORKERS=7\n";
  const { settings, sources, errors } = resolve({ environment, envFile });
  assertEquals(errors, []);
  assertEquals([settings.minWorkers, settings.maxWorkers, settings.record], [2, 7, ""]);
  assertEquals([sources.minWorkers, sources.maxWorkers], ["default", ".env"]);
  assertEquals(resolve({ flags: new Map([["max-workers", ""]]) }).errors.length, 1);
});

Deno.test("every variable of the Rust program is known", () => {
  const names = [
    "STATSD_ADDR STATSD_PREFIX MIN_WORKERS MAX_WORKERS WINDOW_SECONDS TICK_MS IDLE_SECONDS UP_COOLDOWN_MS",
    "DOWN_COOLDOWN_MS MAX_STEP_UP TARGET_CONC_PER_WORKER SLO_P95_MS NO_DOWNSCALE_MS_AFTER_UP BURST_ENABLED",
    "BURST_WINDOW_SECONDS BURST_RPS_JUMP BURST_ADD_WORKERS BURST_COOLDOWN_MS BURST_MIN_RPS",
    "MAP_UVICORN_DEPRECATED AUTO_SET_GRACEFUL_TIMEOUT",
  ].join(" ").split(" ");
  const known = OPTIONS.map((option) => variableOf(option));
  for (const name of names) assert(known.includes(`GUNICORN_AUTOSCALER_${name}`), name);
});

Deno.test("the default maximum follows from the cores, fractions rounded", () => {
  const cases: [cores: number, max: number][] = [[0.1, 2], [0.5, 2], [1, 3], [1.5, 4], [2, 5], [8, 17]];
  for (const [cores, max] of cases) {
    assertEquals(resolve({ cores }).settings.maxWorkers, max, `${cores} cores`);
  }
});

Deno.test("bad values are errors, all of them at once, each with its range", () => {
  const { errors } = resolve({
    environment: {
      GUNICORN_AUTOSCALER_MIN_WORKERS: "two",
      GUNICORN_AUTOSCALER_BURST_ENABLED: "maybe",
      GUNICORN_AUTOSCALER_PROBE: "ON",
      GUNICORN_AUTOSCALER_STATSD_ADDR: "localhost",
      GUNICORN_AUTOSCALER_TARGET_UTILIZATION: "1.5",
    },
  });
  assertEquals(errors.length, 5);
  for (const error of errors) assertMatch(error, /^Cannot use .+=.+: it is not a valid value, give .+/);
});

Deno.test("a bad value leaves the default in its place, and is the only error that it leads to", () => {
  const defaults = resolve();
  for (const { flag, name } of OPTIONS) {
    const { settings, sources, errors } = resolve({ flags: new Map([[flag, "\0"]]) });
    if (errors.length === 0) continue; // any text will do
    assertEquals([settings, sources, errors.length], [defaults.settings, defaults.sources, 1], name);
  }
  const flags = new Map([["min-workers", "50"], ["max-workers", "many"]]);
  assertEquals(resolve({ flags, cores: 0.5 }).errors.length, 1);
  assertEquals(resolve({ flags: new Map([["min-workers", "few"]]), cores: 0.5 }).warnings, []);
});

Deno.test("values at the edge of what a number is", async (t) => {
  const cases: [text: string, valid: boolean][] = [
    ["3", true],
    [" 3 ", true],
    ["3.0", true],
    ["+3", true],
    ["1e1", true],
    ["3.5", false],
    ["0", false],
    ["-1", false],
    ["NaN", false],
    ["Infinity", false],
    ["0x10", false],
    ["3 workers", false],
    ["99999999999999999999", false],
  ];
  for (const [text, valid] of cases) {
    await t.step(`MIN_WORKERS="${text}" is ${valid ? "fine" : "an error"}`, () => {
      const { errors } = resolve({
        environment: { GUNICORN_AUTOSCALER_MIN_WORKERS: text, GUNICORN_AUTOSCALER_MAX_WORKERS: "100" },
      });
      assertEquals(errors.length === 0, valid, errors.join("\n"));
    });
  }
});

Deno.test("addresses", async (t) => {
  const cases: [text: string, host: string, port: number][] = [
    ["127.0.0.1:9125", "127.0.0.1", 9125],
    ["localhost:1", "localhost", 1],
    ["[::1]:9125", "::1", 9125],
  ];
  for (const [text, host, port] of cases) {
    await t.step(text, () => {
      const { settings } = resolve({ flags: new Map([["statsd-addr", text]]) });
      assertEquals(settings.statsdAddr, { host, port });
    });
  }
  for (const text of ["9125", ":9125", "::1:9125", "host:99999", "host:port"]) {
    await t.step(`${text} is an error`, () => {
      assertEquals(resolve({ flags: new Map([["statsd-addr", text]]) }).errors.length, 1);
    });
  }
});

Deno.test("a minimum above the maximum is an error that says which to change", () => {
  const flags = new Map([["min-workers", "8"]]);
  assertStringIncludes(resolve({ flags }).errors[0]!, "follows from 2 cores, set --max-workers too");
  flags.set("max-workers", "4");
  assertStringIncludes(resolve({ flags }).errors[0]!, "raise --max-workers or lower --min-workers");
  assertMatch(resolve({ flags }).errors[0]!, /^Cannot use --min-workers=8: /);
  const environment = { GUNICORN_AUTOSCALER_MIN_WORKERS: "9" };
  assertMatch(
    resolve({ environment, flags: new Map([["max-workers", "3"]]) }).errors[0]!,
    /^Cannot use GUNICORN_AUTOSCALER_MIN_WORKERS=9: it is above the maximum of 3/,
  );
});

Deno.test("a maximum below the default minimum takes the minimum along", () => {
  const { settings, errors } = resolve({ flags: new Map([["max-workers", "1"]]) });
  assertEquals([settings.minWorkers, settings.maxWorkers, errors], [1, 1, []]);
});

Deno.test("without a CPU quota the default maximum is at most 16, with a note", () => {
  const of = (cores: number, flags = new Map<string, string>()) => {
    const resolved = resolve({ cores, isWholeMachine: true, flags });
    return [resolved.settings.maxWorkers, cappedMaximum(resolved, cores)];
  };
  assertEquals(of(2), [5, undefined]);
  assertEquals(of(64)[0], 16);
  assertStringIncludes(String(of(64)[1]), "the maximum is 16, not 2 x 64 cores + 1; --max-workers raises it");
  assertEquals(of(64, new Map([["max-workers", "40"]])), [40, undefined]);
  assertEquals(resolve({ cores: 64 }).settings.maxWorkers, 129);
});

Deno.test("a default maximum that is the minimum is a warning that says why and what to set", () => {
  const flags = new Map<string, string>();
  const warned = (cores: number) => resolve({ cores, flags }).warnings;
  assertEquals(warned(1), []);
  assertMatch(
    warned(0.5)[0]!,
    /cannot change: the maximum of 2 follows from 0\.5 cores .* --max-workers above 2, or --min-workers below$/,
  );
  flags.set("min-workers", "1");
  assertEquals(warned(0.5), []);
  // Both were said: that is what is wanted.
  flags.set("min-workers", "2").set("max-workers", "2");
  assertEquals(warned(0.5), []);
});

Deno.test("an unknown variable with our prefix is a warning with the nearest name; others are none of our business", () => {
  const { warnings, errors } = resolve({
    environment: { GUNICORN_AUTOSCALER_MAX_WORKER: "3", GUNICORN_CMD_ARGS: "-w 3" },
    envFile: "DATABASE_URL=x\nGUNICORN_AUTOSCALER_SLO=300\n",
  });
  assertEquals(errors, []);
  assertEquals(warnings.length, 2);
  assertStringIncludes(warnings[0]!, "did you mean GUNICORN_AUTOSCALER_MAX_WORKERS?");
});

Deno.test("addresses and names that could never be used are refused", () => {
  const errors = (flag: string, text: string) => resolve({ flags: new Map([[flag, text]]) }).errors.length;
  const cases: [flag: string, good: string[], bad: string[]][] = [
    ["statsd-addr", ["127.0.0.1:1", "[::1]:9125"], ["127.0.0.1:0", "127.0.0.1"]],
    ["status-addr", ["off", "127.0.0.1:0"], ["127.0.0.1:65536", ":9126"]],
    ["status-hosts", ["", "a.example", "a.example, b c.d"], ["a..b", "http://a", "a:80", "a.b."]],
  ];
  for (const [flag, good, bad] of cases) {
    assertEquals(good.map((text) => errors(flag, text)), good.map(() => 0), flag);
    assertEquals(bad.map((text) => errors(flag, text)), bad.map(() => 1), flag);
  }
});

Deno.test("a variable that is near none is not guessed at for the prefix that all share", () => {
  const { warnings } = resolve({ environment: { GUNICORN_AUTOSCALER_FOO: "1" } });
  assertEquals(warnings, ["GUNICORN_AUTOSCALER_FOO is not a setting; remove it"]);
});

Deno.test("quotes and comments of a .env file are understood", () => {
  const envFile =
    '# ours\nGUNICORN_AUTOSCALER_MIN_WORKERS="3"\nexport GUNICORN_AUTOSCALER_MAX_WORKERS=7 # most\n';
  const { settings } = resolve({ envFile });
  assertEquals([settings.minWorkers, settings.maxWorkers], [3, 7]);
});

Deno.test("the defaults of the table are the defaults of the core", () => {
  const { maxWorkers: _, ...policy } = policyOf(resolve().settings);
  const { maxWorkers: __, ...expected } = DEFAULT_POLICY;
  assertEquals(policy, expected);
});

Deno.test("help names every option with its default and its variable, and fits a terminal", () => {
  const help = helpOf("run").replace(/\s+/g, " ");
  for (const option of OPTIONS) {
    assertStringIncludes(help, option.flag);
    const brackets = `[${defaultText(option) && `${defaultText(option)}; `}${variableOf(option)}]`;
    assertStringIncludes(help, `${option.help} ${brackets}`);
  }
  for (const tool of TOOLS) assertStringIncludes(helpOf("run"), `\n  ${tool} `);
  for (const line of helpOf("run").split("\n")) assert(line.length <= 110, line);
});
