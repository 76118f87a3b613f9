import { assertEquals, assertStringIncludes } from "@std/assert";
import { readArguments } from "../../tasks/arguments.ts";
import type { Options, Task } from "../../tasks/task.ts";
import {
  listOf,
  many,
  number,
  oneOf,
  parsed,
  positive,
  required,
  text,
  toggle,
  whole,
} from "../../tasks/options.ts";
import { usage } from "../../tasks/usage.ts";

const TASK = {
  command: "deno task weigh",
  action: "weigh",
  about: "Weighs things.",
  options: {
    rounds: whole(1, { help: "So often.", default: 7 }),
    seconds: positive({ help: "So long.", default: 2.5 }),
    offset: number(0, { help: "Taken off.", otherwise: "measured" }),
    unit: oneOf(["gram", "ounce"], { help: "In what.", default: "gram" }),
    things: listOf(["feather", "stone"], { help: "What.", otherwise: "all" }),
    out: text({ placeholder: "FILE", help: "Where to.", otherwise: "printed" }),
    set: many(text({ placeholder: "NAME=VALUE", help: "Anything." })),
    "keep-dust": toggle("Do not wipe."),
  },
  examples: ["--rounds 3"],
};

/** The options that the arguments come to; the test fails when they are wrong. */
function read(...args: string[]) {
  const reading = readArguments(TASK, args);
  if (reading.kind !== "read") throw new Error(JSON.stringify(reading));
  return reading.arguments.options;
}

/** What is said to be wrong. */
function errors<O extends Options>(task: Task<O>, ...args: string[]): readonly string[] {
  const reading = readArguments(task, args);
  return reading.kind === "wrong" ? reading.errors : [];
}

Deno.test("without arguments all options are what they are by default", () => {
  assertEquals(read(), {
    rounds: 7,
    seconds: 2.5,
    offset: undefined,
    unit: "gram",
    things: [],
    out: undefined,
    set: [],
    "keep-dust": false,
  });
});

Deno.test("values follow as a word or after =, have their types, and the last one counts", () => {
  const options = read(
    ...["--rounds", "3", "--rounds=4", "--seconds", "0.5", "--offset=0", "--unit", "ounce"],
    ...["--things", "stone, feather", "--out=a=b", "--set", "A=1", "--set=B=2", "--keep-dust"],
  );
  assertEquals(options, {
    rounds: 4,
    seconds: 0.5,
    offset: 0,
    unit: "ounce",
    things: ["stone", "feather"],
    out: "a=b",
    set: ["A=1", "B=2"],
    "keep-dust": true,
  });
});

for (
  const [args, error] of [
    [["--rounds", "many"], "--rounds many: it is no whole number from 1 up, give one"],
    [["--rounds", "0"], "--rounds 0: it is no whole number from 1 up, give one"],
    [["--rounds", "-1"], "--rounds -1: it is no whole number from 1 up, give one"],
    [["--rounds", "1.5"], "--rounds 1.5: it is no whole number from 1 up, give one"],
    [["--rounds="], "--rounds : it is no whole number from 1 up, give one"],
    [["--rounds"], "the value of --rounds is missing, write --rounds N"],
    [["--rounds", "--keep-dust"], "the value of --rounds is missing, write --rounds N"],
    [["--seconds", "0"], "--seconds 0: it is no number above 0, give one"],
    [["--seconds", "Infinity"], "--seconds Infinity: it is no number above 0, give one"],
    [["--offset", "-0.5"], "--offset -0.5: it is no number from 0 up, give one"],
    [["--unit", "stone"], '--unit stone: there is no "stone", take gram, ounce'],
    [["--things", "stone,rock"], '--things stone,rock: there is no "rock", take feather, stone'],
    [["--out="], "--out : it is empty, give one or leave the option out"],
    [["--keep-dust=no"], "--keep-dust takes no value, write --keep-dust or leave it out"],
    [["--round", "3"], "there is no option --round, did you mean --rounds?"],
    [["--colour"], "there is no option --colour, see deno task weigh --help"],
    [["--toString"], "there is no option --toString, see deno task weigh --help"],
    [["-x"], "there is no option -x, see deno task weigh --help"],
    [["feather"], '"feather" is no option, see deno task weigh --help'],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused`, () => {
    assertEquals(errors(TASK, ...args), [`Cannot weigh: ${error}`]);
  });
}

Deno.test("all errors are reported at once", () => {
  assertEquals(errors(TASK, "--rounds", "x", "--colour", "--unit=pound").length, 3);
});

Deno.test("--help and -h are obeyed wherever they stand, whatever else is wrong", () => {
  assertEquals(readArguments(TASK, ["--colour", "--help"]), { kind: "help" });
  assertEquals(readArguments(TASK, ["--rounds=x", "-h"]), { kind: "help" });
});

Deno.test("a missing required option is an error; a reader's own sentence is shown without its beginning", () => {
  const port = required(whole(1, { placeholder: "PORT", help: "Where." }));
  const load = parsed("LOAD", (given): number => {
    throw new Error(`Cannot read the load "${given}": it is none, write 5x10s`);
  }, { help: "How much." });
  const task = { ...TASK, options: { port, load } };
  assertEquals(errors(task), ["Cannot weigh: --port is missing, write --port PORT"]);
  assertEquals(errors(task, "--port"), ["Cannot weigh: the value of --port is missing, write --port PORT"]);
  assertEquals(errors(task, "--port", "1", "--load", "5: 3"), [
    "Cannot weigh: --load 5: 3: it is none, write 5x10s",
  ]);
});

Deno.test("words are taken by a task that has them: known ones, so many at least, after -- as they are", () => {
  const words = { placeholder: "SCALE", help: "On which.", least: 1 };
  const task = { ...TASK, words };
  assertEquals(errors(task), ["Cannot weigh: no SCALE is named, add one"]);
  const named = { ...TASK, words: { ...words, names: ["old", "new one"] } };
  assertEquals(errors(named, "old", "odd"), ['Cannot weigh: there is no "odd", take "old", "new one"']);
  const reading = readArguments(task, ["old", "--rounds", "2", "--", "--help"]);
  assertEquals(reading.kind === "read" && reading.arguments.words, ["old", "--help"]);
});

Deno.test("a task that passes options on keeps them and their values in order", () => {
  const task = { ...TASK, words: { placeholder: "TEST-OPTION", help: "Passed on.", withOptions: true } };
  const reading = readArguments(task, [
    ...["--filter", "a name", "--rounds", "2", "--junit-path=x.xml", "-q", "some_test.ts", "--", "--help"],
  ]);
  if (reading.kind !== "read") throw new Error(JSON.stringify(reading));
  assertEquals(reading.arguments.options.rounds, 2);
  assertEquals(reading.arguments.words, [
    ...["--filter", "a name", "--junit-path=x.xml", "-q", "some_test.ts", "--", "--help"],
  ]);
});

Deno.test("the usage has every option with its default, the words and the examples", () => {
  const help = usage({
    ...TASK,
    words: { placeholder: "SCALE", help: "On which.", least: 1 },
    notes: ["A note."],
  });
  const lines = help.split("\n");
  assertEquals(lines[0], "Usage: deno task weigh [OPTIONS] SCALE ...");
  for (
    const line of [
      "  --rounds N                So often. [7]",
      "  --offset N                Taken off. [measured]",
      "  --set NAME=VALUE          Anything.",
      "  --keep-dust               Do not wipe.",
      "  SCALE                     On which.",
      "  --help                    This text.",
      "  deno task weigh --rounds 3",
      "A note.",
    ]
  ) assertEquals(lines.includes(line), true, `${line}\nis not in\n${help}`);
  const port = required(whole(1, { placeholder: "PORT", help: "Where." }));
  assertStringIncludes(usage({ ...TASK, options: { port } }), "weigh --port PORT [OPTIONS]");
});
