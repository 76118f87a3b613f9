import {
  COMMANDS,
  type Completed,
  COMPLETED_TOOLS,
  type CompletedCommand,
  type CompletedOption,
  PROGRAM,
  START_OPTIONS,
} from "./completed_commands.ts";

/** The completions of zsh. */
export function zshScript(): string {
  return `#compdef ${PROGRAM}
# zsh completion for ${PROGRAM}
_gunicorn_autoscaler() {
  local -a subcommands flags
  subcommands=(
${COMMANDS.map(({ name, about }) => `    '${name}:${about}'`).join("\n")}
  )
  flags=(
${specs(START_OPTIONS)}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then _describe command subcommands; _files; return; fi
  local -i dashes=\${words[(i)--]}
  if [[ "$words[2] $words[3]" == *exec* ]] && (( dashes < CURRENT )); then
    shift $dashes words; (( CURRENT -= dashes )); _normal; return
  fi
  case "$words[2]" in
${
    COMPLETED_TOOLS.map((tool) =>
      `    ${tool.name}) shift words; (( CURRENT-- )); _arguments -S ${toolSpecs(tool)} ;;`
    ).join("\n")
  }
    *) _arguments -S $flags '*:application:_files' ;;
  esac
}
if [ "$funcstack[1]" = _gunicorn_autoscaler ]; then _gunicorn_autoscaler "$@"; else compdef _gunicorn_autoscaler ${PROGRAM}; fi`;
}

function specs(options: readonly CompletedOption[]): string {
  return options.map((option) => `    ${spec(option)}`).join("\n");
}

/** The arguments of _arguments for a command, one a line. */
function toolSpecs(tool: CompletedCommand): string {
  return [...tool.options.map(spec), ...rest(tool)].map((one) => `\\\n      ${one}`).join(" ");
}

/** An option in the words of _arguments. */
function spec({ flag, about, value }: CompletedOption): string {
  if (flag === "help") return "'(- *)'{-h,--help}'[show help]'";
  if (flag === "version") return "'(- *)'{-v,--version}'[show the version]'";
  const text = about.replaceAll("'", "").replaceAll("[", "(").replaceAll("]", ")").replaceAll(":", ",");
  return value === "none" ? `'--${flag}[${text}]'` : `'--${flag}=[${text}]:${flag}:${action(value)}'`;
}

function action(value: Completed): string {
  if (typeof value !== "string") return `(${value.join(" ")})`;
  return { file: "_files", folder: "_files -/", free: " " }[value];
}

/** What is no option of a command. */
function rest({ words }: CompletedCommand): string[] {
  if (words === "none" || words === "program") return [];
  if (typeof words === "string") return [`'*:file:${action(words)}'`];
  // A name that wants a value has no blank after it.
  const isBegun = words.some((word) => word.endsWith("="));
  return [`'*:word:${isBegun ? ` compadd -S "" -- ${words.join(" ")}` : action(words)}'`];
}
