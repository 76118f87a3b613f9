import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Command, meantCommand, parseCommand } from "../../src/cli/cli.ts";
import { STARTS } from "../../src/cli/command_names.ts";
import { helpOf } from "../../src/cli/help.ts";
import { optionAt } from "../../src/gunicorn/arguments.ts";
import { LONG } from "../../src/gunicorn/option_names.ts";
import { OPTIONS } from "../../src/settings/settings_table.ts";

function run(command: Command) {
  if (command.kind !== "run" && command.kind !== "check") throw new Error(Deno.inspect(command));
  return command;
}

function errors(...argv: string[]): readonly string[] {
  const command = parseCommand(argv);
  if (command.kind !== "invalid") throw new Error(Deno.inspect(command));
  return command.errors;
}

Deno.test("our options are ours and gunicorn's are gunicorn's, before, after and around the application", () => {
  const lines = [
    "--min-workers 3 app:app -w 4 --statsd-prefix x",
    "app:app -w 4 --min-workers 3 --statsd-prefix x",
    "-w 4 --statsd-prefix x app:app --min-workers=3",
    "-w 4 --statsd-prefix --min-workers=3 app:app", // the value of gunicorn's option, whatever it looks like
  ];
  const expected = [
    "app:app -w 4 --statsd-prefix x",
    "app:app -w 4 --statsd-prefix x",
    "-w 4 --statsd-prefix x app:app",
  ];
  for (const [i, line] of lines.slice(0, 3).entries()) {
    const command = run(parseCommand(line.split(" ")));
    assertEquals(command.flags.settings.get("min-workers"), "3", line);
    assertEquals(command.gunicornArgs.join(" "), expected[i], line);
  }
  assertEquals(run(parseCommand(lines[3]!.split(" "))).flags.settings.size, 0);
});

Deno.test("gunicorn's options are known in every form that its parser takes", () => {
  const lines = [
    "-w4 -bx:1 -kgthread app:app",
    "--workers=4 --thread 2 --max-requests 5 --conf x.py app:app",
    "--access-logfile - --error-logfile - -w -1 app:app",
    "-DR -e A=--max-workers app:app",
    "--access-logformat --dry-run app:app",
    "--pa prod.ini",
    "--log-c x.ini app:app", // two of them, from 22 on: gunicorn's to refuse
    "-w=3 app:app -",
    "--proxy-protocol v1 app:app",
    "--proxy-protocol app:app",
  ];
  for (const line of lines) {
    const command = run(parseCommand(["--max-workers", "9", ...line.split(" "), "--dry-run"]));
    assertEquals(command.gunicornArgs.join(" "), line);
    assertEquals([...command.flags.settings.keys()], ["max-workers", "dry-run"], line);
  }
});

Deno.test("no option of ours has the name of one of gunicorn's, nor begins like one", () => {
  for (const { flag } of OPTIONS) {
    assertEquals(LONG.filter((name) => name.startsWith(flag)), [], flag);
    assertEquals(optionAt([`--no-${flag}`], 0), undefined, flag);
  }
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

Deno.test("a -- before all of gunicorn's words is ours, any other is gunicorn's", () => {
  const cases: [line: string, theirs: string][] = [
    ["--dry-run -- -c conf.py", "-c conf.py"],
    ["--dry-run -- app:app -w 3 -- x", "app:app -w 3 -- x"],
    ["--", ""],
    ["-c conf.py -- app:app", "-c conf.py -- app:app"],
    ["app:app -- --max-workers", "app:app -- --max-workers"],
  ];
  for (const [line, theirs] of cases) {
    assertEquals(run(parseCommand(line.split(" "))).gunicornArgs.join(" "), theirs, line);
  }
});

Deno.test("check and run come first, so that an application may be called check", () => {
  assertEquals(parseCommand(["check", "app:app"]).kind, "check");
  assertEquals(run(parseCommand(["run", "check"])).gunicornArgs, ["check"]);
});

Deno.test("a misspelled option is answered with the nearest name of both, wherever it stands", () => {
  const cases: [word: string, near: string][] = [
    ["--min-worker", "did you mean --min-workers?"],
    ["--worker-clas=x", ""], // an abbreviation
    ["--graceful-timout=3", "did you mean --graceful-timeout?"],
    ["--zzzzzzzzzzzz", "take it out"],
    ["-x", "neither gunicorn-autoscaler nor gunicorn has such an option"],
  ];
  for (const [word, near] of cases) {
    for (const argv of [[word, "app:app"], ["app:app", word]]) {
      if (near === "") run(parseCommand(argv));
      else assertStringIncludes(errors(...argv)[0]!, near);
    }
  }
});

Deno.test("a missing value is an error; all errors are reported at once", () => {
  assertStringIncludes(errors("app:app", "--min-workers").join("\n"), "its value is missing");
  assertEquals(errors("--nonsense", "-w4", "app:app", "--max-workers", "--no-way=1").length, 3);
});

Deno.test("no word at all is gunicorn's to answer: a config may name the application", () => {
  assertEquals(run(parseCommand([])).gunicornArgs, []);
  assertEquals(run(parseCommand(["--max-workers", "4"])).gunicornArgs, []);
});

Deno.test("-h and --help show the help of the command, -v and --version the version, anywhere", () => {
  const lines: [line: string, of: string][] = [
    ["-h", "run"],
    ["app:app -w 3 -h", "run"],
    ["run --help", "run"],
    ["check --help", "check"],
    ["check exec -h -- mlflow", "check"],
    ["exec -h", "exec"],
  ];
  for (const [line, of] of lines) {
    assertEquals<unknown>(parseCommand(line.split(" ")), { kind: "help", of }, line);
  }
  for (const argv of [["-v"], ["app:app", "--version"], ["exec", "--version"]]) {
    assertEquals(parseCommand(argv).kind, "version");
  }
});

Deno.test("help and version work as usual", () => {
  const general: Command = { kind: "help", of: "run" };
  for (const line of ["help", "help help", "help --help", "help run"]) {
    assertEquals(parseCommand(line.split(" ")), general, line);
  }
  assertEquals(parseCommand(["help", "check"]), { kind: "help", of: "check" });
  assertEquals(parseCommand(["help", "exec"]), { kind: "help", of: "exec" });
  assertEquals(parseCommand(["help", "scale"]), { kind: "tool", tool: "scale", args: ["--help"] });
  assertEquals(parseCommand(["version"]).kind, "version");
  assertEquals(run(parseCommand(["run", "help"])).gunicornArgs, ["help"]);
});

Deno.test("help for a command that there is not is refused, with the nearest name", () => {
  assertEquals(errors("help", "statsu"), [
    "Cannot help with statsu: there is no such command, did you mean status?",
  ]);
  assertEquals(errors("help", "chek", "exec").length, 1);
  assertStringIncludes(errors("help", "frobnicate")[0]!, "there is no such command, leave it out");
});

Deno.test("each command that starts gunicorn has a help of its own", () => {
  for (const name of STARTS) {
    assertStringIncludes(helpOf(name), name === "run" ? "Commands; each" : ` ${name} [`);
  }
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

Deno.test("exec takes our options before the -- and a program after it", () => {
  const command = parseCommand([
    "exec",
    "--max-workers",
    "4",
    "--",
    "mlflow",
    "server",
    "--min-workers",
    "9",
  ]);
  if (command.kind !== "exec") throw new Error(Deno.inspect(command));
  assertEquals(command.program, ["mlflow", "server", "--min-workers", "9"]);
  assertEquals([...command.flags.settings], [["max-workers", "4"]]);
  assertEquals(parseCommand(["check", "exec", "--", "mlflow"]).kind, "check-exec");
  assertStringIncludes(errors("exec", "--max-workers", "4")[0]!, "Cannot exec: no program is named");
  assertStringIncludes(errors("exec", "mlflow", "server")[0]!, "Cannot exec: mlflow stands before the --");
  assertStringIncludes(errors("exec", "app:app", "--", "mlflow")[0]!, "app:app stands before the --");
});
