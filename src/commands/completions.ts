import { isSwitch, type Option } from "../settings/option.ts";
import { LIVE_OPTIONS, OPTIONS } from "../settings/settings_table.ts";
import { POLICY_OPTIONS } from "../simulation/command_line/simulate_arguments.ts";
import { SIMULATE_OPTIONS } from "../simulation/command_line/simulate_options.ts";
import { print } from "../output.ts";

const HELP = `Usage: gunicorn-autoscaler completions bash|zsh|fish
Prints completions for a shell. To load them now:
  bash:  source <(gunicorn-autoscaler completions bash)
  zsh:   source <(gunicorn-autoscaler completions zsh)
  fish:  gunicorn-autoscaler completions fish | source`;

const PROGRAM = "gunicorn-autoscaler";

interface CommandWords {
  readonly about: string;
  /** Long options without dashes; those that take a value end in "=". */
  readonly options: readonly string[];
}

const NAMED = ["instance="];
const COMMANDS: Readonly<Record<string, CommandWords>> = {
  run: { about: "start the application and scale it", options: [] },
  check: { about: "say what would be done", options: [] },
  exec: { about: "start a program that starts gunicorn", options: [] },
  status: { about: "show what a running autoscaler does", options: ["watch", "json", ...NAMED] },
  explain: { about: "tell the last decisions in sentences", options: ["json", ...NAMED] },
  pause: { about: "keep the number of workers as it is", options: ["for=", ...NAMED] },
  resume: { about: "go back to automatic scaling", options: NAMED },
  scale: { about: "pin the number of workers", options: ["for=", ...NAMED] },
  set: { about: "change settings live", options: NAMED },
  simulate: {
    about: "try settings on a simulated gunicorn",
    options: [...SIMULATE_OPTIONS, ...POLICY_OPTIONS].map((option) =>
      isSwitch(option) ? option.flag : `${option.flag}=`
    ),
  },
  report: { about: "make a page from a recording", options: ["html=", "slo="] },
  completions: { about: "print completions for a shell", options: [] },
};
/** These take our options of a start. */
const RUNS = ["run", "check", "exec"];
const SCRIPTS: Readonly<Record<string, () => string>> = { bash, zsh, fish };
const SHELLS = Object.keys(SCRIPTS);

/** `completions`: prints a shell's completion script, made from the option table; returns the exit code. */
export function completions(args: readonly string[]): number {
  const [shell = ""] = args;
  if (shell === "--help" || shell === "-h") {
    print(HELP);
    return 0;
  }
  const script = completionScript(shell);
  if (script === undefined || args.length > 1) {
    console.error(
      shell === ""
        ? "Cannot complete: no shell is named, give bash, zsh or fish"
        : `Cannot complete for ${args.join(" ")}: it is no shell known here, give bash, zsh or fish`,
    );
    return 2;
  }
  print(script);
  return 0;
}

/** The script for a shell; undefined for one that is not known. */
export function completionScript(shell: string): string | undefined {
  return SCRIPTS[shell]?.();
}

/** Flags of `run` and `check`, as words. */
function runFlags(): string[] {
  return [
    ...OPTIONS.flatMap((option) =>
      isSwitch(option) ? [`--${option.flag}`, `--no-${option.flag}`] : [`--${option.flag}`]
    ),
    "--env-file",
    "--help",
    "--version",
  ];
}

/** The words that an option's value can be; empty when it is free. */
function choices(option: Option): string[] {
  return /^[a-z]+(\|[a-z]+)+$/.test(option.type.placeholder) ? option.type.placeholder.split("|") : [];
}

function longOptions({ options }: CommandWords): string[] {
  return [...options.map((option) => `--${option.replace("=", "")}`), "--help"];
}

function liveKeys(): string {
  return LIVE_OPTIONS.map((option) => `${option.flag}=`).join(" ");
}

function bash(): string {
  const withChoices = OPTIONS.filter((option) => choices(option).length > 0);
  const tools = Object.entries(COMMANDS).filter(([name]) => !RUNS.includes(name));
  return `# bash completion for ${PROGRAM}
_gunicorn_autoscaler() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local words=""
  case "$before" in
${withChoices.map((option) => `    --${option.flag}) words="${choices(option).join(" ")}" ;;`).join("\n")}
    --env-file|--record|--html|--from) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --runtime-dir) COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  if [ -z "$words" ]; then
    case "$command" in
${
    tools.map(([name, words]) =>
      `      ${name}) words="${
        [
          ...longOptions(words),
          ...(name === "set" ? [liveKeys()] : []),
          ...(name === "completions" ? SHELLS : []),
        ].join(" ")
      }" ;;`
    ).join("\n")
  }
      *)
        if [ "$COMP_CWORD" = 1 ] && [[ "$word" != -* ]]; then words="${Object.keys(COMMANDS).join(" ")}"
        else words="${runFlags().join(" ")}"; fi ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
complete -o default -F _gunicorn_autoscaler ${PROGRAM}`;
}

function zsh(): string {
  const flags = [
    ...OPTIONS.flatMap((option) => {
      const about = zshText(option.help);
      if (isSwitch(option)) {
        return [`'--${option.flag}[${about}]'`, `'--no-${option.flag}[not: ${about}]'`];
      }
      const words = choices(option);
      const value = words.length > 0 ? `(${words.join(" ")})` : valueAction(option);
      return [`'--${option.flag}=[${about}]:${option.type.placeholder}:${value}'`];
    }),
    "'--env-file=[file to read variables from]:file:_files'",
    "'(- *)'{-h,--help}'[show help]'",
    "'(- *)'{-v,--version}'[show the version]'",
  ];
  const tools = Object.entries(COMMANDS).filter(([name]) => !RUNS.includes(name));
  return `#compdef ${PROGRAM}
# zsh completion for ${PROGRAM}
_gunicorn_autoscaler() {
  local -a commands flags
  commands=(
${Object.entries(COMMANDS).map(([name, { about }]) => `    '${name}:${about}'`).join("\n")}
  )
  flags=(
${flags.map((flag) => `    ${flag}`).join("\n")}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then _describe command commands; _files; return; fi
  case "$words[2]" in
${
    tools.map(([name, words]) =>
      `    ${name}) compadd -S '' -- ${name === "set" ? liveKeys() : ""}; compadd -- ${
        [...longOptions(words), ...(name === "completions" ? SHELLS : [])].join(" ")
      } ;;`
    ).join("\n")
  }
    *) _arguments -S $flags '*:application:_files' ;;
  esac
}
if [ "$funcstack[1]" = _gunicorn_autoscaler ]; then _gunicorn_autoscaler "$@"; else compdef _gunicorn_autoscaler ${PROGRAM}; fi`;
}

function valueAction(option: Option): string {
  return { FILE: "_files", DIR: "_files -/" }[option.type.placeholder] ?? " ";
}

function zshText(text: string): string {
  return text.replaceAll("'", "").replaceAll("[", "(").replaceAll("]", ")").replaceAll(":", ",");
}

function fish(): string {
  const names = Object.keys(COMMANDS).join(" ");
  const tools = Object.keys(COMMANDS).filter((name) => !RUNS.includes(name)).join(" ");
  const free = `not __fish_seen_subcommand_from ${tools}`;
  const lines = [`# fish completion for ${PROGRAM}`];
  for (const [name, { about }] of Object.entries(COMMANDS)) {
    lines.push(fishLine(`not __fish_seen_subcommand_from ${names}`, `-a ${name}`, about));
  }
  for (const option of OPTIONS) {
    const value = isSwitch(option)
      ? ""
      : choices(option).length > 0
      ? ` -x -a '${choices(option).join(" ")}'`
      : " -r";
    lines.push(fishLine(free, `-l ${option.flag}${value}`, option.help));
  }
  lines.push(fishLine(free, "-l env-file -r", "File to read variables from"));
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    for (const option of options) {
      const value = option.endsWith("=") ? " -x" : "";
      lines.push(
        fishLine(`__fish_seen_subcommand_from ${name}`, `-l ${option.replace("=", "")}${value}`, ""),
      );
    }
  }
  lines.push(fishLine("__fish_seen_subcommand_from set", `-f -a '${liveKeys()}'`, "setting"));
  lines.push(fishLine("__fish_seen_subcommand_from completions", `-f -a '${SHELLS.join(" ")}'`, "shell"));
  return lines.join("\n");
}

function fishLine(condition: string, what: string, about: string): string {
  const description = about === "" ? "" : ` -d '${about.replaceAll("'", "")}'`;
  return `complete -c ${PROGRAM} -n '${condition}' ${what}${description}`;
}
