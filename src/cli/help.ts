import type { Start } from "./command_names.ts";
import { COMMANDS } from "./commands.ts";
import { helpColumns } from "./help_columns.ts";
import { defaultText, flagText, type Option, variableOf } from "../settings/option.ts";
import { OPTIONS } from "../settings/settings_table.ts";
import { VERSION } from "../version.ts";

const INDENT = 34;
const entry = helpColumns(INDENT, 100);

const CHECK = `Usage: gunicorn-autoscaler check [OPTIONS] [GUNICORN OPTIONS] [APP]
       gunicorn-autoscaler check exec [OPTIONS] -- PROGRAM [...]

Says what the same line without the word check would do, what cannot work, and each setting with its source.
It imports the application and starts no server. The options are those of gunicorn-autoscaler --help.

Exit codes: 0 when all can work; 2 when something cannot.`;

const EXEC = `Usage: gunicorn-autoscaler exec [OPTIONS] -- PROGRAM [...]

Starts PROGRAM, which starts gunicorn itself, and scales that gunicorn. It is found by GUNICORN_CMD_ARGS; a
gunicorn that does not read it is scaled on less, and a warning says so. The options are those of
gunicorn-autoscaler --help; those of PROGRAM and its gunicorn stand after the --.

  gunicorn-autoscaler exec --max-workers 8 -- mlflow server --host 0.0.0.0
  gunicorn-autoscaler check exec --max-workers 8 -- mlflow server --host 0.0.0.0`;

/** The help of a command that starts gunicorn. */
export function helpOf(name: Start): string {
  return { check: CHECK, exec: EXEC, run: helpText() }[name];
}

/** The text of --help, made from the option table. */
function helpText(): string {
  const groups = [...new Set(OPTIONS.map((option) => option.group))];
  return [
    `gunicorn-autoscaler ${VERSION}: keeps gunicorn at the number of workers that the load needs`,
    "",
    "Usage: gunicorn-autoscaler [OPTIONS] [GUNICORN OPTIONS] [APP]",
    "       gunicorn-autoscaler COMMAND ...",
    "",
    "  gunicorn-autoscaler myapp:app --bind 0.0.0.0:8000 -k uvicorn_worker.UvicornWorker",
    "  gunicorn-autoscaler --max-workers 12 --status-addr 127.0.0.1:9126 myapp:app --bind 0.0.0.0:8000",
    "",
    "Any line that works after the word gunicorn works here; gunicorn --help has its options. Ours may stand",
    "anywhere among them, before a --; where a gunicorn config names the application, APP is omitted.",
    "",
    "Commands; each explains itself with --help:",
    ...Object.values(COMMANDS).flatMap(({ usage, help }) => entry(usage, help)),
    "",
    "Each option can also be set by its variable, in the environment or in a .env file. A flag wins over the",
    "environment, the environment over .env. In brackets: the default and the variable.",
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
    "Exit codes: gunicorn's own; 128 + signal when a signal ended it; 1 when it cannot start (a taken",
    "port, a full disk); 2 for bad settings; 126 when gunicorn cannot be executed, 127 when not found.",
    "Signals: TERM, INT, QUIT, HUP, USR1, WINCH go to gunicorn; TTIN and TTOU move the minimum by one.",
  ].join("\n");
}

function optionLines(option: Option): string[] {
  const fallback = defaultText(option);
  const brackets = `[${fallback === "" ? "" : `${fallback}; `}${variableOf(option)}]`;
  return [...entry(flagText(option), option.help), " ".repeat(INDENT) + brackets];
}
