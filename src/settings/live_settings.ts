import * as v from "valibot";
import type { PolicySettings } from "../core/policy_settings.ts";
import { didYouMean } from "./near_name.ts";
import { type Option, valueText } from "./option.ts";
import { LIVE_OPTIONS, OPTIONS } from "./settings_table.ts";
import { policyOf } from "./policy.ts";
import type { SettingName, Settings } from "./settings.ts";

/** What a change of settings comes to. */
export interface LiveChange {
  readonly settings: Settings;
  readonly policy: PolicySettings;
  /** One sentence a setting: "max-workers is now 12, it was 8". */
  readonly lines: readonly string[];
}

/**
 * Reads KEY=VALUE pairs against the option table. All errors at once; with any, nothing changes.
 *
 * @param settings as they are now
 * @param pairs name of a setting (max-workers, MAX_WORKERS and maxWorkers are the same) -> text
 */
export function changeLive(
  settings: Settings,
  pairs: ReadonlyMap<string, string>,
): LiveChange | { readonly errors: readonly string[] } {
  const errors: string[] = [];
  const lines: string[] = [];
  const values: Record<string, unknown> = { ...settings };
  if (pairs.size === 0) errors.push("Cannot set anything: no setting is named, give KEY=VALUE");
  for (const [key, text] of pairs) {
    const option = LIVE_OPTIONS.find((option) => sameName(option.flag, key));
    if (option === undefined) {
      errors.push(notLive(key));
      continue;
    }
    const parsed = v.safeParse(option.type.schema, text);
    if (!parsed.success) {
      errors.push(`Cannot set ${option.flag}=${text}: it is not a valid value, give ${option.type.range}`);
      continue;
    }
    const before = settings[option.name];
    values[option.name] = parsed.output;
    lines.push(
      before === parsed.output
        ? `${option.flag} is ${valueText(before)} already`
        : `${option.flag} is now ${valueText(parsed.output)}, it was ${valueText(before)}`,
    );
  }
  const changed = values as unknown as Settings;
  if (errors.length === 0 && changed.minWorkers > changed.maxWorkers) {
    const wrong = changed.minWorkers === settings.minWorkers
      ? `max-workers=${changed.maxWorkers}: it is below the minimum of ${changed.minWorkers}`
      : `min-workers=${changed.minWorkers}: it is above the maximum of ${changed.maxWorkers}`;
    errors.push(`Cannot set ${wrong}, set min-workers and max-workers together`);
  }
  return errors.length > 0 ? { errors } : { settings: changed, policy: policyOf(changed), lines };
}

function sameName(flag: string, key: string): boolean {
  const bare = (name: string) => name.toLowerCase().replace(/^gunicorn_autoscaler_/, "").replace(/[-_]/g, "");
  return bare(flag) === bare(key.replace(/^--/, ""));
}

function notLive(key: string): string {
  const fixed = OPTIONS.find((option) => sameName(option.flag, key)) as Option<SettingName> | undefined;
  if (fixed !== undefined) {
    return `Cannot set ${fixed.flag}: it cannot change while gunicorn runs, start again with --${fixed.flag}`;
  }
  const flags = LIVE_OPTIONS.map((option) => option.flag);
  return `Cannot set ${key}: there is no such setting, ${
    didYouMean(key, flags, `give one of ${flags.join(", ")}`)
  }`;
}
