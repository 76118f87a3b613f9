import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Command, meantCommand, parseCommand } from "../../src/cli/cli.ts";
import { OPTIONS } from "../../src/settings/options.ts";

function run(command: Command) {
  if (command.kind !== "run" && command.kind !== "check") throw new Error(Deno.inspect(command));
  return command;
}

function errors(...argv: string[]): readonly string[] {
  const command = parseCommand(argv);
  if (command.kind !== "invalid") throw new Error(Deno.inspect(command));
  return command.errors;
}

Deno.test("own options stand before the application, everything from it on is gunicorn's", () => {
  const command = run(parseCommand(["--min-workers", "3", "app:app", "-w", "4", "--statsd-prefix", "x"]));
  assertEquals(command.flags.settings.get("min-workers"), "3");
  assertEquals(command.gunicornArgs, ["app:app", "-w", "4", "--statsd-prefix", "x"]);
});

Deno.test("a value may be joined or stand apart, may look like an option, and the last one counts", () => {
  const cases: [string[], string][] = [
    [["--min-workers=3"], "3"],
    [["--min-workers", "-1"], "-1"],
    [["--min-workers", "1", "--min-workers=2"], "2"],
    [["--min-workers", "a b"], "a b"],
  ];
  for (const [argv, value] of cases) {
    assertEquals(
      run(parseCommand([...argv, "app:app"])).flags.settings.get("min-workers"),
      value,
      argv.join(" "),
    );
  }
});

Deno.test("every option of the table is read as a flag, also the one whose name begins with no", () => {
  for (const option of OPTIONS) {
    const word = option.type.placeholder === "" ? `--${option.flag}=false` : `--${option.flag}=7`;
    const command = run(parseCommand([word, "app:app"]));
    assertEquals([...command.flags.settings.keys()], [option.flag], word);
  }
});

Deno.test("switches are given bare, denied, or with a value", () => {
  const cases: [string, string][] = [
    ["--dry-run", "true"],
    ["--no-dry-run", "false"],
    ["--dry-run=no", "no"],
  ];
  for (const [word, value] of cases) {
    assertEquals(run(parseCommand([word, "app:app"])).flags.settings.get("dry-run"), value, word);
  }
});

Deno.test("-- ends our options, for gunicorn configs that name the application", () => {
  assertEquals(run(parseCommand(["--dry-run", "--", "-c", "conf.py"])).gunicornArgs, ["-c", "conf.py"]);
});

Deno.test("check and run come first, so that an application may be called check", () => {
  assertEquals(parseCommand(["check", "app:app"]).kind, "check");
  assertEquals(run(parseCommand(["run", "check"])).gunicornArgs, ["check"]);
});

Deno.test("an own option after the application is told where it belongs", () => {
  for (const word of ["--max-workers=4", "--max-workers", "--no-burst-enabled", "--dry-run"]) {
    assertStringIncludes(errors("app:app", word)[0]!, "put it before the application");
  }
});

Deno.test("after a -- in gunicorn's part nothing is an option", () => {
  assertEquals(run(parseCommand(["app:app", "--", "--max-workers"])).kind, "run");
});

Deno.test("a gunicorn option before the application is told where it belongs", () => {
  for (const word of ["-w", "-w4", "--bind=:8000", "--bind", "-k", "--preload"]) {
    assertStringIncludes(errors(word, "app:app")[0]!, "put it after the application");
  }
});

Deno.test("a misspelled option is answered with the nearest name", () => {
  assertStringIncludes(errors("--min-worker", "2", "app:app")[0]!, "did you mean --min-workers?");
});

Deno.test("a missing value and a missing application are said", () => {
  assertStringIncludes(errors("--min-workers").join("\n"), "its value is missing");
  assertStringIncludes(errors("--min-workers", "2")[0]!, "no application is named");
});

Deno.test("all errors come at once", () => {
  assertEquals(errors("--nonsense", "-w4", "app:app", "--max-workers").length, 3);
});

Deno.test("no arguments at all, -h and --help show the help; -v the version", () => {
  assertEquals(parseCommand([]).kind, "help");
  assertEquals(parseCommand(["-h"]).kind, "help");
  assertEquals(parseCommand(["check", "--help"]).kind, "help");
  assertEquals(parseCommand(["-v"]).kind, "version");
});

Deno.test("the words help and version do what everybody expects of them", () => {
  assertEquals(parseCommand(["help"]).kind, "help");
  assertEquals(parseCommand(["help", "scale"]), { kind: "tool", tool: "scale", args: ["--help"] });
  assertEquals(parseCommand(["version"]).kind, "version");
  assertEquals(run(parseCommand(["run", "help"])).gunicornArgs, ["help"]);
});

Deno.test("a misspelled command is known again, an application is not taken for one", () => {
  const cases: [app: string, meant: string | undefined][] = [
    ["chek", "check"],
    ["statsu", "status"],
    ["sacle", "scale"],
    ["simulte", "simulate"],
    ["app", undefined],
    ["shop", undefined],
    ["wsgi", undefined],
    ["stats:app", undefined],
    ["set", undefined],
  ];
  for (const [app, meant] of cases) assertEquals(meantCommand([app]), meant, app);
});

Deno.test("tools read their own arguments", () => {
  assertEquals(parseCommand(["simulate", "--x", "1"]), {
    kind: "tool",
    tool: "simulate",
    args: ["--x", "1"],
  });
});
