import {
  type Completed,
  COMPLETED_TOOLS,
  type CompletedCommand,
  type CompletedOption,
  flagsOf,
  PROGRAM,
  START_OPTIONS,
} from "./completed_commands.ts";

/** The completions of bash. Where they offer nothing, bash offers files. */
export function bashScript(names: readonly string[]): string {
  return `# bash completion for ${PROGRAM}
_gunicorn_autoscaler() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local words="" given
  # bash may take the = of --option=value for a word of its own.
  if [ "$word" = "=" ]; then word=""
  elif [ "$before" = "=" ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  else given=none; fi
  if [ -z "$given" ] && [[ "$before" != -* ]]; then compopt +o default 2>/dev/null; return; fi
  if [ "$command" = exec ] || [ "\${COMP_WORDS[2]}" = exec ]; then
    if [ "$before" = -- ]; then COMPREPLY=($(compgen -c -- "$word")); return; fi
    for given in "\${COMP_WORDS[@]:0:COMP_CWORD}"; do [ "$given" = -- ] && return; done
  fi
  case "$command" in
${
    COMPLETED_TOOLS.map((tool) =>
      `    ${tool.name})\n${values(tool.options)} words="${offered(tool)}" ;;\n      esac ;;`
    ).join("\n")
  }
    *)
${values(START_OPTIONS)}
          if [ "$COMP_CWORD" = 1 ] && [[ "$word" != -* ]]; then words="${names.join(" ")}"
          elif [ "$COMP_CWORD" = 2 ] && [ "$command" = check ] && [[ "$word" = e* ]]; then words="exec"
          else words="${flagsOf(START_OPTIONS).join(" ")}"; fi ;;
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o default -F _gunicorn_autoscaler ${PROGRAM}`;
}

/** The beginning of a case of the word before, up to what is offered where it takes no value. */
function values(options: readonly CompletedOption[]): string {
  const branch = (kind: Completed | "none", action: string) => {
    const flags = flagsOf(options.filter(({ value }) => value === kind));
    return flags.length === 0 ? [] : [`        ${flags.join("|")}) ${action} ;;`];
  };
  const lists = options.flatMap(({ flag, value }) =>
    typeof value === "string" ? [] : [`        --${flag}) words="${value.join(" ")}" ;;`]
  );
  return [
    `      case "$before" in`,
    ...lists,
    ...branch("file", `COMPREPLY=($(compgen -f -- "$word")); return`),
    ...branch("folder", `COMPREPLY=($(compgen -d -- "$word")); return`),
    ...branch("free", "compopt +o default 2>/dev/null; return"),
    "        *)",
  ].join("\n");
}

/** Options and words of a command; files are what bash offers when these are none. */
function offered({ options, words }: CompletedCommand): string {
  return [...flagsOf(options), ...(typeof words === "string" ? [] : words)].join(" ");
}
