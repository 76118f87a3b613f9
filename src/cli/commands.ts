/** A command of the program. */
interface CommandEntry {
  readonly name: string;
  /** The command with its words, for --help. */
  readonly usage: string;
  /** A sentence for --help. */
  readonly help: string;
  /** A few words for the shells' completions. */
  readonly about: string;
}

/** All commands, in the order of --help. */
export const COMMANDS = [
  {
    name: "check",
    usage: "check [...] [APP]",
    help: "Say what a run would do, and each setting's source; start no server.",
    about: "say what would be done",
  },
  {
    name: "exec",
    usage: "exec [OPTIONS] -- PROGRAM [...]",
    help: "Start PROGRAM, which starts gunicorn itself, and scale that; check exec says what it would do.",
    about: "start a program that starts gunicorn",
  },
  {
    name: "status",
    usage: "status [--watch] [--json]",
    help: "Show what a running autoscaler does, and why.",
    about: "show what a running autoscaler does",
  },
  {
    name: "explain",
    usage: "explain [N]",
    help: "Tell its last decisions in sentences.",
    about: "tell the last decisions in sentences",
  },
  {
    name: "pause",
    usage: "pause [--for TIME]",
    help: "Keep the number of workers as it is.",
    about: "keep the number of workers as it is",
  },
  {
    name: "scale",
    usage: "scale N [--for TIME]",
    help: "Pin the number of workers at N.",
    about: "pin the number of workers",
  },
  { name: "resume", usage: "resume", help: "Back to automatic.", about: "go back to automatic scaling" },
  {
    name: "set",
    usage: "set KEY=VALUE ...",
    help: "Change settings while it runs.",
    about: "change settings live",
  },
  {
    name: "simulate",
    usage: "simulate [...]",
    help: "Try settings on a simulated gunicorn.",
    about: "try settings on a simulated gunicorn",
  },
  {
    name: "report",
    usage: "report FILE",
    help: "Make a page from a recording.",
    about: "make a page from a recording",
  },
  {
    name: "completions",
    usage: "completions bash|zsh|fish",
    help: "Print completions for a shell.",
    about: "print completions for a shell",
  },
  {
    name: "run",
    usage: "run [...] [APP]",
    help: "Start APP, also when it is called as one of these commands.",
    about: "start the application and scale it",
  },
] as const satisfies readonly CommandEntry[];

/** The name of a command. */
export type CommandName = typeof COMMANDS[number]["name"];

/** Commands that start gunicorn, or would; the others have no option of a start. */
const STARTS = ["check", "exec", "run"] as const;

/** The name of a command that is a program of its own, with its own options. */
export type Tool = Exclude<CommandName, typeof STARTS[number]>;

/** The commands that are programs of their own. */
export const TOOLS: readonly Tool[] = COMMANDS.map(({ name }) => name).filter(isTool);

/** Whether a word is the name of such a command. */
export function isTool(word: string | undefined): word is Tool {
  return COMMANDS.some(({ name }) => name === word) && !STARTS.some((name) => name === word);
}
