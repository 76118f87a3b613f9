import { addressText, type SettingType } from "./setting_types.ts";
import type { SettingName, Settings } from "./settings.ts";

/** One setting: how it is given and described. */
export interface Option<K extends SettingName = SettingName> {
  readonly name: K;
  /** Long flag without its dashes: min-workers. */
  readonly flag: string;
  readonly type: SettingType<Settings[K]>;
  /** "cores" for the one default that depends on the machine. */
  readonly default: Settings[K] | "cores";
  readonly group: "Workers" | "Decisions" | "Bursts" | "Signals" | "Gunicorn" | "Output";
  readonly help: string;
}

/** Prefix of every variable. */
export const PREFIX = "GUNICORN_AUTOSCALER_";

/** The options of one topic, each with its name. */
export function group<T, G extends string>(name: G, options: readonly T[]): (T & { readonly group: G })[] {
  return options.map((option) => ({ ...option, group: name }));
}

/** minWorkers -> min-workers. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z0-9]+(?=[A-Z]|$)|[A-Z]/g, (part) => "-" + part.toLowerCase());
}

/** Prefix of our flags whose plain name is gunicorn's: --autoscaler-log-level. */
export const OWN_PREFIX = "autoscaler-";

/** min-workers -> GUNICORN_AUTOSCALER_MIN_WORKERS, autoscaler-log-level -> GUNICORN_AUTOSCALER_LOG_LEVEL. */
export function variableOf(option: Pick<Option, "flag">): string {
  const name = option.flag.startsWith(OWN_PREFIX) ? option.flag.slice(OWN_PREFIX.length) : option.flag;
  return PREFIX + name.replaceAll("-", "_").toUpperCase();
}

/** The description that switches and options with a value share. */
interface Flagged {
  readonly flag: string;
  readonly type: { readonly placeholder: string };
}

/** Whether it takes no value: --dry-run, --no-dry-run. */
export function isSwitch({ type }: Pick<Flagged, "type">): boolean {
  return type.placeholder === "";
}

/** The flag with what follows it, for help: "--min-workers N", "--[no-]dry-run". */
export function flagText(option: Flagged): string {
  return isSwitch(option) ? `--[no-]${option.flag}` : `--${option.flag} ${option.type.placeholder}`;
}

/** The default as a person would write it. */
export function defaultText(option: Option): string {
  if (option.default === "cores") return "2 x cores + 1, rounded";
  return valueText(option.default);
}

/** A value as it would be given: HOST:PORT for an address, "" for none. */
export function valueText(value: Settings[SettingName]): string {
  return typeof value === "object" ? addressText(value) : String(value);
}
