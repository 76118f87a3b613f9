import { defaultText, type Option, OPTIONS, variableOf } from "./settings.ts";
import { VERSION } from "./version.ts";

const WIDTH = 100;
const INDENT = 34;

/** The text of --help, made from the option table. */
export function helpText(): string {
  const groups = [...new Set(OPTIONS.map((option) => option.group))];
  return [
    `gunicorn-autoscaler ${VERSION}: keeps gunicorn at the number of workers that the load needs`,
    "",
    "Usage:",
    "  gunicorn-autoscaler [OPTIONS] APP [GUNICORN OPTIONS]   start APP, as gunicorn would, and scale it",
    "  gunicorn-autoscaler [OPTIONS] -- [GUNICORN OPTIONS]    the same when a gunicorn config names the app",
    "  gunicorn-autoscaler check [OPTIONS] APP [...]          say what would be done, with every setting's source",
    "  gunicorn-autoscaler status [--watch] [--json]          show what a running autoscaler does, and why",
    "  gunicorn-autoscaler explain [N]                        tell its last decisions in sentences",
    "  gunicorn-autoscaler pause | resume | scale N [--for T] hold the number of workers, let go, pin it",
    "  gunicorn-autoscaler set KEY=VALUE ...                  change settings of decisions live",
    "  gunicorn-autoscaler simulate [...]                     try settings on a simulated gunicorn",
    "  gunicorn-autoscaler report FILE                        make a page from a recording",
    "  gunicorn-autoscaler completions bash|zsh|fish          print completions for a shell",
    "",
    "Options stand before APP; APP and all after it are gunicorn's. Each can also be set by its variable, in the",
    "environment or in a .env file; a flag wins over the environment, the environment over .env. In brackets: the default",
    "and the variable.",
    "",
    ...groups.flatMap((group) => [
      `${group}:`,
      ...OPTIONS.filter((option) => option.group === group).flatMap(optionLines),
      "",
    ]),
    "Other:",
    ...entry(
      "--env-file FILE",
      "Read our variables from FILE instead of ./.env. [GUNICORN_AUTOSCALER_ENV_FILE]",
    ),
    ...entry("-h, --help", "Show this text."),
    ...entry("-v, --version", "Show the version."),
    "",
    "Exit codes: gunicorn's own; 128 + signal when a signal ended it; 2 for bad settings; 127 when gunicorn is not found.",
    "Signals: TERM, INT, QUIT, HUP, USR1, WINCH go to gunicorn; TTIN and TTOU move the minimum by one.",
  ].join("\n");
}

function optionLines(option: Option): string[] {
  const flag = option.type.placeholder === ""
    ? `--[no-]${option.flag}`
    : `--${option.flag} ${option.type.placeholder}`;
  const fallback = defaultText(option);
  return entry(flag, `${option.help} [${fallback === "" ? "" : `${fallback}; `}${variableOf(option)}]`);
}

/** A flag and its text, the text wrapped in a column of its own. */
function entry(flag: string, text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH - INDENT) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  const first = flag.length + 2 <= INDENT - 2 ? [] : [`  ${flag}`];
  return [
    ...first,
    ...lines.map((text, i) =>
      (i === 0 && first.length === 0 ? `  ${flag}`.padEnd(INDENT) : " ".repeat(INDENT)) + text
    ),
  ];
}
