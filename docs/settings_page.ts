/** The settings as Markdown, made from the option table, so that page and program cannot disagree. */
import { defaultText, flagText, type Option } from "../src/settings/option.ts";
import { OPTIONS } from "../src/settings/settings_table.ts";
import type { SettingName } from "../src/settings/settings.ts";
import { ENV_FILE_VARIABLE } from "../src/settings/settings_sources.ts";
import { list } from "./list.ts";
import { table } from "./markdown_table.ts";

/** The settings that most people touch, for the README. */
const FEW: readonly SettingName[] = ["minWorkers", "maxWorkers", "sloP95Ms", "targetConcPerWorker"];

const INTRODUCTION = `# Settings

<!-- Made by "deno task docs" from src/settings/settings_table.ts: change it there. -->

A setting is a flag anywhere on the line, a variable, or a line of a \`.env\` file; the first of these wins, and
an empty variable is none. The variable of \`--min-workers\` is \`GUNICORN_AUTOSCALER_MIN_WORKERS\`; those of the
two \`--autoscaler-...\` flags are \`GUNICORN_AUTOSCALER_LOG_LEVEL\` and \`GUNICORN_AUTOSCALER_STATSD_PREFIX\`.

Bad values are listed together, nothing is started, and the exit code is 2. \`gunicorn-autoscaler check APP\`
prints every setting with its value and its source.

Switches are \`--name\`, \`--no-name\` or \`--name=false\`; in variables \`1\`, \`true\`, \`yes\`, \`on\` and \`0\`, \`false\`,
\`no\`, \`off\`, in any case. The \`.env\` file is in the working folder, or where \`--env-file\` or
\`${ENV_FILE_VARIABLE}\` says; only names with our prefix are read.
`;

/** The whole of docs/settings.md. */
export function settingsPage(): string {
  const groups = [...new Set(OPTIONS.map((option) => option.group))];
  return [
    INTRODUCTION,
    ...groups.flatMap((group) => [
      `## ${group}\n`,
      list(OPTIONS.filter((option) => option.group === group).map(item)) + "\n",
    ]),
  ].join("\n");
}

/** The short table of the README. */
export function fewSettings(): string {
  const rows = FEW.map((name) => OPTIONS.find((option) => option.name === name)!).map((option) => [
    `\`${flagText(option)}\``,
    defaultCell(option),
    option.help,
  ]);
  return table(["Option", "Default", "What it does"], rows);
}

/** `--flag N` (`default`, range): what it does. */
function item(option: Option): string {
  const range = /^an? (?:whole )?number from (.+)$/.exec(option.type.range)?.[1];
  const value = [defaultCell(option), range ?? ""].filter((part) => part !== "").join(", ");
  return `\`${flagText(option)}\`${value === "" ? "" : ` (${value})`}: ${option.help}`;
}

function defaultCell(option: Option): string {
  const text = defaultText(option);
  if (text === "") return "";
  return option.default === "cores" ? text : `\`${text}\``;
}
