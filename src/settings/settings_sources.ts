import { parseEnv } from "node:util";
import * as v from "valibot";
import { nearName } from "./near_name.ts";
import { type Option, PREFIX, valueText, variableOf } from "./option.ts";
import { OPTIONS } from "./settings_table.ts";
import type { SettingName, Settings } from "./settings.ts";

/** Where a value came from, in the order in which the first wins. */
export type Source = "flag" | "environment" | ".env" | "recording" | "default";

/** The settings, and how they came about. One whose value is not valid has its default, and an error. */
export interface Resolved {
  readonly settings: Settings;
  readonly sources: Readonly<Record<SettingName, Source>>;
  /** Sentences, one per error. Not empty: nothing may be started. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Everything that settings are read from. */
export interface SourceTexts {
  /** Flag name (min-workers) -> text. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string>>;
  /** The text of the .env file, "" when there is none. */
  readonly envFile: string;
  /** Flag name -> text, of the recording that is replayed. */
  readonly recorded?: ReadonlyMap<string, string>;
  /** Cores this machine or container may use: the default maximum follows from it. */
  readonly cores: number;
  /** Whether they are all of the machine's, with no quota that says how many are meant for this. */
  readonly isWholeMachine?: boolean;
}

/** The variable that names the .env file; it is read from the environment only. */
export const ENV_FILE_VARIABLE = PREFIX + "ENV_FILE";

/** Where a bad value stands, where its name does not say it. */
const PLACES: Partial<Record<Source, string>> = {
  ".env": " in the .env file",
  recording: " of the recording",
};

/** Reads all settings: flag over environment over .env over default. All errors at once, no value silently corrected. */
export function resolveSettings(texts: SourceTexts): Resolved {
  const errors: string[] = [];
  const fromFile = onlyOurs(parseEnv(texts.envFile) as Record<string, string>);
  const warnings = unknownVariables([...Object.keys(texts.environment), ...Object.keys(fromFile)]);
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  const invalid = new Set<SettingName>();
  let givenMinimum = "";
  for (const option of OPTIONS) {
    const given = givenText(option, texts, fromFile);
    if (option.name === "minWorkers") givenMinimum = given?.shown ?? "";
    const parsed = given === undefined ? undefined : v.safeParse(option.type.schema, given.text);
    if (given !== undefined && parsed?.success) {
      values[option.name] = parsed.output;
      sources[option.name] = given.source;
      continue;
    }
    values[option.name] = option.default === "cores" ? defaultMaximum(texts) : option.default;
    sources[option.name] = "default";
    if (given === undefined) continue;
    errors.push(`Cannot use ${given.shown}: it is not a valid value, give ${option.type.range}`);
    invalid.add(option.name);
  }
  // A maximum below the default minimum is meant.
  if (
    sources["minWorkers"] === "default" && (values["maxWorkers"] as number) < (values["minWorkers"] as number)
  ) {
    values["minWorkers"] = values["maxWorkers"];
  }
  const settings = values as unknown as Settings;
  if (!invalid.has("minWorkers") && !invalid.has("maxWorkers")) {
    if (settings.minWorkers > settings.maxWorkers) {
      errors.push(minAboveMax(givenMinimum, settings, sources, texts.cores));
    }
    if (settings.minWorkers === settings.maxWorkers && sources["maxWorkers"] === "default") {
      warnings.push(nothingToScale(settings, texts.cores));
    }
  }
  return { settings, sources: sources as Record<SettingName, Source>, errors, warnings };
}

/** A setting's text that counts; `shown`: as error messages show it, with its place. */
interface GivenText {
  readonly source: Source;
  readonly text: string;
  readonly shown: string;
}

/** The text of the first source that has one. */
function givenText(
  option: Option,
  { flags, environment, recorded }: SourceTexts,
  fromFile: Readonly<Record<string, string>>,
): GivenText | undefined {
  const variable = variableOf(option);
  const candidates: [source: Source, name: string, text: string | undefined][] = [
    ["flag", `--${option.flag}`, flags.get(option.flag)],
    ["environment", variable, unlessEmpty(environment[variable])],
    [".env", variable, unlessEmpty(fromFile[variable])],
    ["recording", option.flag, recorded?.get(option.flag)],
  ];
  for (const [source, name, text] of candidates) {
    if (text !== undefined) return { source, text, shown: `${name}=${text}${PLACES[source] ?? ""}` };
  }
  return undefined;
}

/** A warning for each variable with our prefix that is no setting. */
function unknownVariables(names: readonly string[]): string[] {
  const known = [ENV_FILE_VARIABLE, ...OPTIONS.map((option) => variableOf(option))];
  return names.filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .map((name) => `${name} is not a setting; ${meantVariable(name)}`);
}

/** The prefix, which all share, says nothing about what was meant. */
function meantVariable(name: string): string {
  const near = nearName(name.slice(PREFIX.length), OPTIONS.map((o) => variableOf(o).slice(PREFIX.length)));
  return near === undefined ? "remove it" : `did you mean ${PREFIX}${near}?`;
}

/** Without a quota a machine may have more cores than one application should fill with workers. */
const MOST_WITHOUT_QUOTA = 16;

/**
 * The maximum when none is given: round(2 x cores + 1), as gunicorn's documentation suggests; never below the
 * default minimum of 2, and at most 16 where no quota says that all the cores are meant for it.
 */
function defaultMaximum({ cores, isWholeMachine = false }: SourceTexts): number {
  return Math.min(Math.max(2, Math.round(2 * cores + 1)), isWholeMachine ? MOST_WITHOUT_QUOTA : Infinity);
}

/** What to say of a default maximum that is not 2 x cores + 1; undefined when it is. */
export function cappedMaximum({ settings, sources }: Resolved, cores: number): string | undefined {
  if (sources.maxWorkers !== "default" || settings.maxWorkers >= Math.round(2 * cores + 1)) return undefined;
  return `no CPU quota: the maximum is ${settings.maxWorkers}, not 2 x ${
    Number(cores.toFixed(2))
  } cores + 1; --max-workers raises it`;
}

/**
 * A minimum that was not known to be the maximum. Example: 0.5 cores give a maximum of 2, as much as the
 * default minimum.
 */
function nothingToScale({ minWorkers, maxWorkers }: Settings, cores: number): string {
  return `the number of workers cannot change: the maximum of ${maxWorkers} follows from ${
    Number(cores.toFixed(2))
  } cores and is the minimum too, set --max-workers above ${maxWorkers}${
    minWorkers > 1 ? ", or --min-workers below" : ""
  }`;
}

function minAboveMax(
  given: string,
  settings: Settings,
  sources: Record<string, Source>,
  cores: number,
): string {
  const max = sources["maxWorkers"] === "default"
    ? `${settings.maxWorkers}, which follows from ${Number(cores.toFixed(2))} cores, set --max-workers too`
    : `${settings.maxWorkers}, raise --max-workers or lower --min-workers`;
  return `Cannot use ${given}: it is above the maximum of ${max}`;
}

/** An empty variable is none: Compose and charts pass on what is not set as an empty one. */
function unlessEmpty(text: string | undefined): string | undefined {
  return text?.trim() === "" ? undefined : text;
}

/** A .env file belongs to the app: only names with our prefix are read. */
function onlyOurs(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith(PREFIX)));
}

/** Every setting with its value as text and its source, in the order of the table. */
export function settingValues(resolved: Resolved): { option: Option; value: string; source: Source }[] {
  return OPTIONS.map((option) => ({
    option,
    value: valueText(resolved.settings[option.name]),
    source: resolved.sources[option.name],
  }));
}
