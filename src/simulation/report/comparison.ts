import * as v from "valibot";
import { errorText } from "../../error_text.ts";
import { didYouMean } from "../../settings/near_name.ts";
import { flagOf, type Option } from "../../settings/option.ts";
import { policyOf } from "../../settings/policy.ts";
import type { Settings } from "../../settings/settings.ts";
import { autoscaler, type OnTick } from "../controllers/autoscaler_controller.ts";
import { type Controller, fixed } from "../controllers/controller.ts";
import { RUST_DEFAULTS, rustProgram } from "../controllers/rust_program.ts";
import { POLICY_OPTIONS } from "../command_line/simulate_arguments.ts";
import { BUSYNESS_DEFAULTS, uwsgiBusyness } from "../controllers/uwsgi_busyness.ts";

/** The forms of --compare, for help and errors. */
export const COMPARE_FORMS = [
  ["fixed:N, fixed:min, fixed:max", "the same number of workers all the time"],
  [
    "rust[:NAME=VALUE;...]",
    "the algorithm of the Rust program 0.2.1: slo-p95-ms, window-seconds, burst-add-workers ...",
  ],
  [
    "uwsgi-busyness[:NAME=VALUE;...]",
    "uWSGI's cheaper: overload, max, min, step, multiplier, backlog-alert ...",
  ],
  ["NAME=VALUE[;...]", "this autoscaler under other settings: min=4 or window-seconds=20;idle-seconds=60"],
] as const;

/** Short names for the settings that are varied most. */
const SHORT: Record<string, string> = { min: "min-workers", max: "max-workers" };

/** What one simulation is compared with, as a function: each run needs its own controller. */
export type MakeController = (onTick?: OnTick) => Controller;

/** The autoscaler under these settings. */
export function makeAutoscaler(
  settings: Settings,
  initialWorkers: number,
  name = "autoscaler",
): MakeController {
  return (onTick) =>
    autoscaler(policyOf(settings), {
      name,
      tickMs: settings.tickMs,
      initialWorkers: initialWorkers > 0 ? initialWorkers : settings.minWorkers,
      ...(onTick ? { onTick } : {}),
    });
}

/** Reads --compare. Errors are sentences; with any of them nothing may be run. */
export function parseComparison(
  list: string,
  settings: Settings,
  initialWorkers: number,
): { controllers: MakeController[]; errors: string[] } {
  const errors: string[] = [];
  const controllers: MakeController[] = [];
  for (const item of list.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
    try {
      controllers.push(read(item, settings, initialWorkers));
    } catch (error) {
      errors.push(errorText(error));
    }
  }
  return { controllers, errors };
}

/** As of --max-workers. */
const MOST_WORKERS = 10_000;

function read(item: string, settings: Settings, initialWorkers: number): MakeController {
  const [, kind = "", rest = ""] = /^([a-z-]+)(?::(.*))?$/.exec(item) ?? [];
  const { minWorkers, maxWorkers } = settings;
  if (kind === "fixed") {
    const workers = rest === "min" ? minWorkers : rest === "max" ? maxWorkers : Number(rest);
    if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
      throw new Error(
        `Cannot compare with "${item}": "${rest}" is no number of workers, write fixed:8, fixed:min or fixed:max`,
      );
    }
    return () => fixed(workers);
  }
  if (kind === "rust") {
    const own = numbers(item, rest, { ...RUST_DEFAULTS, sloP95Ms: settings.sloP95Ms });
    return () => ({ ...rustProgram({ minWorkers, maxWorkers, ...own }), name: item });
  }
  if (kind === "uwsgi-busyness") {
    const own = numbers(item, rest, BUSYNESS_DEFAULTS);
    return () => ({ ...uwsgiBusyness({ minWorkers, maxWorkers, ...own }), name: item });
  }
  if (!item.includes("=")) {
    throw new Error(
      `Cannot compare with "${item}": it is not known, use ${COMPARE_FORMS.map(([form]) => form).join("; ")}`,
    );
  }
  return makeAutoscaler(vary(item, settings), initialWorkers, item);
}

/** The settings with those that `item` names changed. */
export function vary(item: string, settings: Settings): Settings {
  const changed: Record<string, unknown> = { ...settings };
  for (const pair of item.split(";")) {
    const [name = "", text = ""] = pair.split("=").map((part) => part.trim());
    const option = findOption(item, SHORT[name] ?? name);
    const parsed = v.safeParse(option.type.schema, text);
    if (!parsed.success) {
      throw new Error(
        `Cannot compare with "${item}": ${text} is not valid for ${name}, give ${option.type.range}`,
      );
    }
    changed[option.name] = parsed.output;
  }
  const result = changed as unknown as Settings;
  if (result.minWorkers > result.maxWorkers) {
    throw new Error(
      `Cannot compare with "${item}": the minimum ${result.minWorkers} is above the maximum ${result.maxWorkers}, change both`,
    );
  }
  return result;
}

function findOption(item: string, flag: string): Option {
  const option = POLICY_OPTIONS.find((one) => one.flag === flag && one.name !== "probe");
  if (option) return option;
  const hint = didYouMean(
    flag,
    POLICY_OPTIONS.map((one) => one.flag),
    "simulate --help lists those there are",
  );
  throw new Error(`Cannot compare with "${item}": there is no setting "${flag}", ${hint}`);
}

/** Below these, time would stand still or nearly so. Of others 0 is the least. */
const LEAST: Readonly<Record<string, number>> = { tickMs: 20 };

/** Reads `name=value;name=value` over defaults whose names are the flags in camel case. */
function numbers<T extends object>(item: string, text: string, defaults: T): T {
  const result = { ...defaults } as Record<string, unknown>;
  for (const pair of text.split(";").filter((one) => one !== "")) {
    const [flag = "", value = ""] = pair.split("=").map((part) => part.trim());
    const name = flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const before = (defaults as Record<string, unknown>)[name];
    if (before === undefined) {
      const flags = Object.keys(defaults).map(flagOf);
      throw new Error(`Cannot compare with "${item}": it has no "${flag}", use one of ${flags.join(", ")}`);
    }
    const number = typeof before === "boolean"
      ? (value === "true" ? 1 : value === "false" ? 0 : NaN)
      : Number(value);
    const least = LEAST[name] ?? 0;
    if (value === "" || !(number >= least) || number === Infinity) {
      throw new Error(
        `Cannot compare with "${item}": ${flag}=${value} is not valid, give a number from ${least} on`,
      );
    }
    result[name] = typeof before === "boolean" ? number === 1 : number;
  }
  return result as T;
}
