import { meantCommand, parseCommand } from "./src/cli/cli.ts";
import { TOOL_COMMANDS } from "./src/commands/tools.ts";
import { OutputError, print } from "./src/output.ts";
import { heedChildren, outliveFullFiles } from "./src/platform/early_signals.ts";

/** argv -> command -> exit code. Each command loads what it needs, so that a start does not wait for the rest. */
export async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommand(argv);
  switch (command.kind) {
    case "help":
      print((await import("./src/cli/help.ts")).helpOf(command.of));
      return 0;
    case "version":
      print(`gunicorn-autoscaler ${(await import("./src/version.ts")).VERSION}`);
      return 0;
    case "invalid":
      for (const error of command.errors) console.error(error);
      console.error("See gunicorn-autoscaler --help");
      return 2;
    case "check":
      return await (await import("./src/commands/check.ts")).check(command.flags, command.gunicornArgs);
    case "run": {
      const code = await (await import("./src/commands/run.ts")).run(command.flags, command.gunicornArgs);
      const meant = code === 0 ? undefined : meantCommand(command.gunicornArgs);
      if (meant !== undefined) {
        console.error(
          `${command.gunicornArgs[0]} was taken for an application: did you mean the command ${meant}?`,
        );
      }
      return code;
    }
    case "check-exec":
      return await (await import("./src/commands/check.ts")).checkExec(command.flags, command.program);
    case "exec":
      return await (await import("./src/commands/run.ts")).exec(command.flags, command.program);
    case "tool":
      return await TOOL_COMMANDS[command.tool](command.args);
  }
}

/** Says what kept standard output from being written; anything else is thrown on. */
function withoutOutput(error: unknown): number {
  if (!(error instanceof OutputError)) throw error;
  console.error(error.message);
  return 1;
}

if (import.meta.main) {
  heedChildren();
  outliveFullFiles();
  Deno.exit(await main(Deno.args).catch(withoutOutput));
}
