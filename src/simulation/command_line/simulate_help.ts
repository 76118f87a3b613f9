import { helpColumns } from "../../cli/help_columns.ts";
import { defaultText, flagText } from "../../settings/option.ts";
import { COMPARE_FORMS } from "../report/comparison.ts";
import { LOAD_FORMS } from "../load/loads.ts";
import { POD_COMPARE_FORMS } from "../pods/pod_comparison.ts";
import { POLICY_OPTIONS } from "./simulate_arguments.ts";
import { SIMULATE_OPTIONS } from "./simulate_options.ts";
import { header, meaning } from "../report/results_table.ts";

const entry = helpColumns(44, 110);

/** The text of `simulate --help`, made from the tables. */
export function simulateHelp(): string {
  const groups = [...new Set(SIMULATE_OPTIONS.map((option) => option.group))];
  return [
    "Usage: gunicorn-autoscaler simulate --load LOAD [OPTIONS]",
    "",
    "Runs the autoscaler against a simulated gunicorn, thousands of times faster than real time, and says what it",
    "would have cost and how many requests would have been in time. Same seed, same result.",
    "",
    "  simulate --load 5x10s,60x20s,5x20s --max-workers 12",
    "  simulate --load trace:rates.txt --service lognormal:50,0.4 --max-workers 16 --compare fixed:max,rust,uwsgi-busyness",
    "  simulate --from last-night.jsonl --compare min=4 --html night.html",
    "  simulate --load 20x2m,120x10m,20x15m --max-workers 8 --pods 1..10",
    "  simulate --load access-log:access.log --service cpu:20+wait:80 --worker-class gthread --threads 4 --tune",
    "",
    "LOAD is one of:",
    ...LOAD_FORMS.flatMap(([form, meaning]) => entry(form, meaning)),
    "",
    "SERVICE is a time in ms: 100 or constant:100, exponential:MEAN, lognormal:MEDIAN,SIGMA. These wait; cpu:20",
    "computes; cpu:20+wait:lognormal:80,0.4 does both; block:200 waits and holds its worker's event loop.",
    "",
    "LIST of --compare:",
    ...COMPARE_FORMS.flatMap(([form, meaning]) => entry(form, meaning)),
    "LIST of --compare with --pods:",
    ...POD_COMPARE_FORMS.flatMap(([form, meaning]) => entry(form, meaning)),
    "",
    ...groups.flatMap((group) => [
      `${group}:`,
      ...SIMULATE_OPTIONS.filter((option) => option.group === group).flatMap((option) =>
        entry(
          flagText(option),
          withDefault(
            option.help,
            option.type.placeholder === "TIME"
              ? `${Number(option.default) / 1000}s`
              : String(option.default ?? ""),
          ),
        )
      ),
      "",
    ]),
    "The autoscaler's settings (as everywhere: flag over environment over .env, then a recording, then the default):",
    ...POLICY_OPTIONS.flatMap((option) =>
      entry(flagText(option), withDefault(option.help, defaultText(option)))
    ),
    "",
    "Columns of the table:",
    ...[...new Set([...header(false), ...header(true)])].flatMap((name) => {
      const help = meaning(name);
      return help === undefined ? [] : entry(name, `${help}.`);
    }),
    "",
    "Exit codes: 0; 2 for bad usage or a file that cannot be read.",
  ].join("\n");
}

function withDefault(help: string, fallback: string): string {
  return fallback === "" ? help : `${help} [${fallback}]`;
}
