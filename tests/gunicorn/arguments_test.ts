import { assertEquals, assertThrows } from "@std/assert";
import {
  gunicornOptions,
  hasOption,
  mapUvicornWorker,
  shellWords,
  valueOf,
  withOptions,
  withoutOption,
} from "../../src/gunicorn/arguments.ts";

Deno.test("options are read as argparse reads them", async (t) => {
  const cases: [words: string, name: string, value: string | undefined][] = [
    ["app:app -w 4", "workers", "4"],
    ["app:app -w4", "workers", "4"],
    ["app:app -w=4", "workers", "4"],
    ["app:app --workers=4", "workers", "4"],
    ["app:app --workers 4", "workers", "4"],
    ["app:app --workers 4 -w 5", "workers", "5"],
    ["app:app --thread 4", "threads", "4"], // an unambiguous abbreviation
    ["app:app --work 4", "workers", undefined], // ambiguous: argparse refuses it itself
    ["app:app -R -w 4", "workers", "4"],
    ["app:app -Rw4", "workers", "4"], // a cluster
    ["app:app --log-level -w", "workers", undefined], // -w is a value here
    ["app:app --bind 0.0.0.0:80 --reload -k gthread", "worker-class", "gthread"],
    ["app:app -- -w 4", "workers", undefined], // positional after --
    ["app:app --proxy-protocol -w 4", "workers", "4"], // takes a value only with =
    ["app:app -w", "workers", undefined],
    ["-1 -w 4", "workers", "4"],
  ];
  for (const [words, name, value] of cases) {
    await t.step(`${words}: ${name} is ${value}`, () => assertEquals(valueOf(words.split(" "), name), value));
  }
});

Deno.test("each option knows its place", () => {
  assertEquals(gunicornOptions(["app:app", "-k", "gthread", "--preload"]), [
    { name: "worker-class", value: "gthread", at: 1, words: 2 },
    { name: "preload", value: undefined, at: 3, words: 1 },
  ]);
});

Deno.test("options are added before a --, or at the end", () => {
  assertEquals(withOptions(["app:app", "-w", "1"], "-c", "x"), ["app:app", "-w", "1", "-c", "x"]);
  assertEquals(withOptions(["-w", "1", "--", "app:app"], "-c", "x"), ["-w", "1", "-c", "x", "--", "app:app"]);
});

Deno.test("an option is taken out in every form, and nothing else", () => {
  const args = ["app:app", "-w", "4", "--bind", "-w", "--workers=5", "-w6", "--", "-w", "7"];
  assertEquals(withoutOption(args, "workers"), ["app:app", "--bind", "-w", "--", "-w", "7"]);
});

Deno.test("the deprecated uvicorn worker class is replaced where it stands", () => {
  const moved = (line: string) => mapUvicornWorker(line.split(" ")).join(" ");
  assertEquals(
    moved("app:app -k uvicorn.workers.UvicornWorker -w 1"),
    "app:app --worker-class uvicorn_worker.UvicornWorker -w 1",
  );
  assertEquals(
    moved("app:app -kuvicorn.workers.UvicornH11Worker"),
    "app:app -kuvicorn_worker.UvicornH11Worker",
  );
  assertEquals(moved("app:app -k gthread"), "app:app -k gthread");
});

Deno.test("words are split as a shell splits them", async (t) => {
  const cases: [line: string, words: string[]][] = [
    ["", []],
    ["  a  b ", ["a", "b"]],
    ["python -m gunicorn", ["python", "-m", "gunicorn"]],
    [`'a b' "c d"`, ["a b", "c d"]],
    [`a\\ b`, ["a b"]],
    [`"a\\"b" 'a\\b'`, ['a"b', "a\\b"]],
    [`--x=''`, ["--x="]],
    [`'' x`, ["", "x"]],
    ["a\tb\r\nc", ["a", "b", "c"]],
    ["a\u00a0b\fc", ["a\u00a0b\fc"]], // blanks of JavaScript, not of a shell
  ];
  for (const [line, words] of cases) await t.step(line, () => assertEquals(shellWords(line), words));
  assertThrows(() => shellWords("'open"), Error, "a ' is not closed");
});

Deno.test("an option that stands in gunicorn's own variable counts as given", () => {
  assertEquals(hasOption(shellWords("--bind :80 --preload"), "preload"), true);
});
