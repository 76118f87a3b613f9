import { defaultText } from "../settings.ts";
import { COMPARE_FORMS } from "./comparison.ts";
import { LOAD_FORMS } from "./loads.ts";
import { POD_COMPARE_FORMS } from "./pod_comparison.ts";
import { POLICY_OPTIONS } from "./simulate_arguments.ts";
import { SIMULATE_OPTIONS } from "./simulate_options.ts";

const WIDTH = 110;
const INDENT = 44;

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
    "TIME of --service, in ms: 100 or constant:100, exponential:MEAN, lognormal:MEDIAN,SIGMA. These wait; cpu:20",
    "computes; cpu:20+wait:lognormal:80,0.4 does both.",
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
          flag(option),
          withDefault(
            option.help,
            option.type.placeholder === "TIME" && option.name !== "service"
              ? `${Number(option.default) / 1000}s`
              : String(option.default ?? ""),
          ),
        )
      ),
      "",
    ]),
    "The autoscaler's settings (as everywhere: flag over environment over .env, then a recording, then the default):",
    ...POLICY_OPTIONS.flatMap((option) => entry(flag(option), withDefault(option.help, defaultText(option)))),
    "",
    "Exit codes: 0; 2 for bad usage or a file that cannot be read.",
  ].join("\n");
}

function flag(option: { flag: string; type: { placeholder: string } }): string {
  return option.type.placeholder === ""
    ? `--[no-]${option.flag}`
    : `--${option.flag} ${option.type.placeholder}`;
}

function withDefault(help: string, fallback: string): string {
  return fallback === "" ? help : `${help} [${fallback}]`;
}

/** A flag and its text, the text wrapped in a column of its own. */
function entry(name: string, text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1]!;
    if (line !== "" && line.length + 1 + word.length > WIDTH - INDENT) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  const own = name.length + 4 > INDENT ? [`  ${name}`] : [];
  return [
    ...own,
    ...lines.map((line, i) =>
      (i === 0 && own.length === 0 ? `  ${name}`.padEnd(INDENT) : " ".repeat(INDENT)) + line
    ),
  ];
}
