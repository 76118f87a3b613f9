import type { CommandName } from "./command_names.ts";

/** What is said of a command. */
interface CommandEntry {
  /** The command with its words, for --help. */
  readonly usage: string;
  /** A sentence for --help. */
  readonly help: string;
  /** A few words for the shells' completions. */
  readonly about: string;
}

/** All commands, in the order of --help. */
export const COMMANDS: Readonly<Record<CommandName, CommandEntry>> = {
  check: {
    usage: "check [...] [APP]",
    help: "Say what a run would do, and each setting's source; start no server.",
    about: "say what would be done",
  },
  exec: {
    usage: "exec [OPTIONS] -- PROGRAM [...]",
    help: "Start PROGRAM, which starts gunicorn itself, and scale that; check exec says what it would do.",
    about: "start a program that starts gunicorn",
  },
  status: {
    usage: "status [--watch] [--json]",
    help: "Show what a running autoscaler does, and why.",
    about: "show what a running autoscaler does",
  },
  explain: {
    usage: "explain [N]",
    help: "Tell its last decisions in sentences.",
    about: "tell the last decisions in sentences",
  },
  pause: {
    usage: "pause [--for TIME]",
    help: "Keep the number of workers as it is.",
    about: "keep the number of workers as it is",
  },
  scale: {
    usage: "scale N [--for TIME]",
    help: "Pin the number of workers at N.",
    about: "pin the number of workers",
  },
  resume: {
    usage: "resume",
    help: "Back to automatic.",
    about: "go back to automatic scaling",
  },
  set: {
    usage: "set KEY=VALUE ...",
    help: "Change settings while it runs.",
    about: "change settings live",
  },
  simulate: {
    usage: "simulate [...]",
    help: "Try settings on a simulated gunicorn.",
    about: "try settings on a simulated gunicorn",
  },
  report: {
    usage: "report FILE",
    help: "Make a page from a recording.",
    about: "make a page from a recording",
  },
  completions: {
    usage: "completions bash|zsh|fish",
    help: "Print completions for a shell.",
    about: "print completions for a shell",
  },
  run: {
    usage: "run [...] [APP]",
    help: "Start APP, also when it is called as one of these commands.",
    about: "start the application and scale it",
  },
};
