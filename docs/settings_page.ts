/** The settings as Markdown, made from the option table, so that page and program cannot disagree. */
import { defaultText, flagText, type Option, variableOf } from "../src/settings/option.ts";
import { OPTIONS } from "../src/settings/options.ts";
import type { SettingName } from "../src/settings/settings.ts";
import { ENV_FILE_VARIABLE } from "../src/settings/settings_sources.ts";
import { table } from "./table.ts";

/** The settings that most people touch, for the README. */
const FEW: readonly SettingName[] = ["minWorkers", "maxWorkers", "sloP95Ms", "targetConcPerWorker"];

const INTRODUCTION = `# Settings

<!-- Made by "deno task docs" from src/settings/options.ts: change it there. -->

Each setting can be given as a flag anywhere on the line, as a variable of the environment, or as a line of a
\`.env\` file. A flag wins over the environment, the environment over the \`.env\` file, that over the default. A
value out of its range is an error: all errors are listed at once, nothing is started, and the exit code is 2.
A variable with our prefix that is not in these tables is a warning that names the nearest one.

\`gunicorn-autoscaler check APP\` prints every setting with its value and where it came from.

Switches (type "true or false") are given as \`--name\`, \`--no-name\` or \`--name=false\`; in variables \`1\`,
\`true\`, \`yes\`, \`on\` and \`0\`, \`false\`, \`no\`, \`off\` do, in any case.

The \`.env\` file is the one in the working folder, or the one that \`--env-file\` or
\`${ENV_FILE_VARIABLE}\` names (it must then exist). It may hold whatever else your application keeps
there: only names with our prefix are read.
`;

/** The whole of docs/settings.md. */
export function settingsPage(): string {
  const groups = [...new Set(OPTIONS.map((option) => option.group))];
  return [
    INTRODUCTION,
    ...groups.flatMap((group) => [
      `## ${group}\n`,
      table(
        ["Flag and variable", "Default", "Value", "What it does"],
        OPTIONS.filter((option) => option.group === group).map(row),
      ) + "\n",
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

function row(option: Option): string[] {
  const names = `\`${flagText(option)}\`<br>\`${variableOf(option)}\``;
  return [names, defaultCell(option), option.type.range, option.help];
}

function defaultCell(option: Option): string {
  const text = defaultText(option);
  if (text === "") return "";
  return option.default === "cores" ? text : `\`${text}\``;
}
