import { assertEquals } from "@std/assert";
import { applicationOf } from "../../src/gunicorn/application.ts";

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
