import { BAD_USAGE, refuse } from "../refusal.ts";
import { print } from "../../output.ts";
import { bashScript } from "./bash.ts";
import { COMMANDS, SHELLS } from "./completed_commands.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const HELP = `Usage: gunicorn-autoscaler completions bash|zsh|fish
Prints completions for a shell. To load them now:
  bash:  source <(gunicorn-autoscaler completions bash)
  zsh:   source <(gunicorn-autoscaler completions zsh)
  fish:  gunicorn-autoscaler completions fish | source`;

const SCRIPTS: Readonly<Record<typeof SHELLS[number], () => string>> = {
  bash: () => bashScript(COMMANDS.map(({ name }) => name)),
  zsh: zshScript,
  fish: fishScript,
};

/** `completions`: prints a shell's completion script, made from the option table; returns the exit code. */
export function completions(args: readonly string[]): number {
  const [shell = ""] = args;
  if (shell === "--help" || shell === "-h") {
    print(HELP);
    return 0;
  }
  const script = completionScript(shell);
  if (script === undefined || args.length > 1) {
    const problem = shell === ""
      ? "Cannot complete: no shell is named, give bash, zsh or fish"
      : `Cannot complete for ${args.join(" ")}: it is no shell known here, give bash, zsh or fish`;
    return refuse([problem], BAD_USAGE);
  }
  print(script);
  return 0;
}

/** The script for a shell; undefined for one that is not known. */
export function completionScript(shell: string): string | undefined {
  return SHELLS.some((one) => one === shell) ? SCRIPTS[shell as keyof typeof SCRIPTS]() : undefined;
}
