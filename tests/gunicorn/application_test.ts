import { assertEquals } from "@std/assert";
import { applicationOf, mayNameApplication, wordsToGunicorn } from "../../src/gunicorn/application.ts";

Deno.test("the application is the word that belongs to no option", () => {
  for (
    const [args, application] of [
      [["shop:app"], "shop:app"],
      [["shop:app", "-b", ":8000"], "shop:app"],
      [["-k", "gevent", "--bind=:8000", "--threads", "4", "shop:app"], "shop:app"],
      [["--preload", "shop:create_app()"], "shop:create_app()"],
      [["-c", "gunicorn.conf.py", "--", "shop:app"], "shop:app"],
      [["-c", "gunicorn.conf.py"], "gunicorn"],
      [["-c", "gunicorn.conf.py", "--name", "shop"], "shop"],
      [[], "gunicorn"],
    ] as const
  ) assertEquals(applicationOf(args), application, args.join(" "));
});

Deno.test("a positional word, a configuration or a paste file may name the application", () => {
  for (const args of [["shop:app"], ["-c", "conf.py"], ["--paste", "production.ini"]]) {
    assertEquals(mayNameApplication(args, false), true, args.join(" "));
  }
});

Deno.test("the default configuration file may name the application", () => {
  assertEquals(mayNameApplication(["-b", ":8000"], true), true);
});

Deno.test("an address names no application", () => {
  assertEquals(mayNameApplication(["-b", ":8000"], false), false);
});

Deno.test("the words that start gunicorn may have some for it; what another program adds is not known", () => {
  assertEquals(wordsToGunicorn(["/venv/bin/gunicorn"]), []);
  assertEquals(wordsToGunicorn(["/venv/bin/python", "-m", "gunicorn", "shop:app"]), ["shop:app"]);
  assertEquals(wordsToGunicorn(["uv", "run", "gunicorn", "-k", "gthread"]), ["-k", "gthread"]);
  assertEquals(wordsToGunicorn(["./start.sh"]), undefined);
});
