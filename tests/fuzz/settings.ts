/** Command lines and .env files: a bad value is an error that names it, never another value. */
import { parseCommand } from "../../src/cli/cli.ts";
import { applicationOf } from "../../src/gunicorn/application.ts";
import { planLaunch } from "../../src/gunicorn/launch_plan.ts";
import { redactedArguments } from "../../src/gunicorn/redacted_arguments.ts";
import { PREFIX, variableOf } from "../../src/settings/option.ts";
import { OPTIONS } from "../../src/settings/settings_table.ts";
import { type Resolved, resolveSettings } from "../../src/settings/settings_sources.ts";
import { samplesOf, sampleText } from "./corpus.ts";
import { type Fuzzer, mustHold, pick, type Random } from "./fuzzer.ts";
import { mutated } from "./random.ts";

const decoder = new TextDecoder();
const shown = (value: unknown) => JSON.stringify(value);

/** Each setting that was given as text is what the text says, or there is an error that quotes it. */
function checkResolved(resolved: Resolved, given: (name: string) => string | undefined): void {
  for (const option of OPTIONS) {
    const text = given(option.flag);
    if (text === undefined) continue;
    const value: unknown = resolved.settings[option.name], source = resolved.sources[option.name];
    if (
      resolved.errors.some((error) =>
        error.startsWith(`Cannot use --${option.flag}=${text}: it is not a valid`)
      )
    ) {
      mustHold(source === "default", () => `a refused --${option.flag}=${text} leaves the default`);
    } else if (typeof value === "number") {
      mustHold(value === Number(text), () => `--${option.flag}=${shown(text)} is not ${value}`);
    } else if (typeof value === "boolean") {
      mustHold(
        /^\s*(1|true|yes|on|0|false|no|off)\s*$/i.test(text),
        () => `--${option.flag}=${shown(text)} is a switch`,
      );
      mustHold(
        value === /^\s*(1|true|yes|on)\s*$/i.test(text),
        () => `--${option.flag}=${shown(text)} is not ${value}`,
      );
    } else if (typeof value === "string") {
      mustHold(
        value === text || value === text.trim(),
        () => `--${option.flag}=${shown(text)} is not ${shown(value)}`,
      );
    } else {
      mustHold(value !== undefined, () => `--${option.flag}=${shown(text)} is there or an error`);
    }
  }
}

function mutatedWords(words: readonly string[], others: readonly string[], random: Random): string[] {
  const made = [...words];
  for (let i = 0; i < 1 + Math.floor(random() * 3); i++) {
    const at = Math.floor(random() * made.length);
    const kind = Math.floor(random() * 5);
    if (kind === 0) made.splice(at, 1);
    else if (kind === 1) made.splice(at, 0, pick(others, random));
    else if (kind === 2) made.splice(at, 0, ...made.splice(Math.floor(random() * made.length), 1));
    else if (made.length > 0) made[at] = decoder.decode(mutated(made[at]!, random));
  }
  return made;
}

function isSubsequence(words: readonly string[], of: readonly string[]): boolean {
  let at = 0;
  for (const word of of) if (word === words[at]) at++;
  return at === words.length;
}

export function commandLineFuzzer(): Fuzzer {
  const lines = sampleText("argv/lines.txt").trim().split("\n").map((line) => line.split(" "));
  const words = [...new Set(lines.flat())];
  return {
    name: "command line",
    unit: "lines",
    one(random) {
      const argv = mutatedWords(pick(lines, random), words, random);
      const command = parseCommand(argv);
      if (command.kind === "invalid") {
        mustHold(
          command.errors.length > 0 && command.errors.every((e) => e.startsWith("Cannot ")),
          () => shown(command),
        );
      }
      if (command.kind !== "run" && command.kind !== "check") return 1;
      const { flags, gunicornArgs } = command;
      mustHold(
        isSubsequence(gunicornArgs, argv),
        () => `${shown(gunicornArgs)} are words of ${shown(argv)}, in their order`,
      );
      const resolved = resolveSettings({ flags: flags.settings, environment: {}, envFile: "", cores: 2 });
      checkResolved(resolved, (flag) => flags.settings.get(flag));
      mustHold(
        redactedArguments(gunicornArgs).length === gunicornArgs.length,
        () => "as many words are reported as there are",
      );
      applicationOf(gunicornArgs);
      if (resolved.errors.length > 0) return 1;
      const { settings } = resolved;
      const environment = {
        GUNICORN_CMD_ARGS: random() < 0.2 ? mutatedWords(words, words, random).join(" ") : "",
      };
      const plan = planLaunch({ settings, gunicornArgs, environment, wrapperConfig: "/run/x/conf.py" });
      mustHold(
        plan.initialWorkers >= plan.minWorkers && plan.initialWorkers <= plan.maxWorkers,
        () =>
          `${plan.initialWorkers} workers to begin with are from ${plan.minWorkers} to ${plan.maxWorkers}`,
      );
      if (!settings.mapUvicornDeprecated) {
        const rest = plan.args.filter((word, i) =>
          word !== "/run/x/conf.py" && plan.args[i + 1] !== "/run/x/conf.py"
        );
        mustHold(
          shown(rest) === shown(gunicornArgs),
          () => `gunicorn gets all its words: ${shown(plan.args)}`,
        );
      }
      return 1;
    },
  };
}

export function envFileFuzzer(): Fuzzer {
  const samples = [...samplesOf("env").values()];
  const names = new Set(OPTIONS.map((option) => variableOf(option)));
  return {
    name: ".env files",
    unit: "files",
    one(random) {
      let bytes = mutated(pick(samples, random), random);
      if (random() < 0.05) bytes = bytes.map(() => Math.floor(random() * 256));
      const envFile = decoder.decode(bytes);
      const resolved = resolveSettings({ flags: new Map(), environment: {}, envFile, cores: 2 });
      for (const option of OPTIONS) {
        if (resolved.sources[option.name] === "default") continue;
        mustHold(envFile.includes(variableOf(option)), () => `${option.name} was in ${shown(envFile)}`);
        const value: unknown = resolved.settings[option.name];
        const isRefused = resolved.errors.some((error) => error.includes(variableOf(option)));
        mustHold(isRefused || value !== undefined, () => `${option.name} is there or an error`);
        if (typeof value === "number") {
          mustHold(Number.isFinite(value), () => `${option.name} ${value} is a number`);
        }
      }
      for (const warning of resolved.warnings) {
        // node:util's parseEnv takes names with blanks in them.
        const name = warning.slice(0, warning.lastIndexOf(" is not a setting"));
        mustHold(
          name.startsWith(PREFIX) && !names.has(name),
          () => `${shown(warning)} is of a name with our prefix`,
        );
      }
      const { settings, errors } = resolved;
      if (errors.length === 0) {
        mustHold(settings.minWorkers <= settings.maxWorkers, () => "the minimum is not above the maximum");
      }
      return 1;
    },
  };
}
