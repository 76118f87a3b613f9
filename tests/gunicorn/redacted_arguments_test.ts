import { assertEquals } from "@std/assert";
import { redactedArguments } from "../../src/gunicorn/redacted_arguments.ts";

const table: [args: string[], spoken: string[]][] = [
  [["-e", "KEY=s3cret", "shop:app"], ["-e", "KEY=***", "shop:app"]],
  [["-eKEY=s3cret", "shop:app"], ["-eKEY=***", "shop:app"]],
  [["-e=KEY=s3cret", "shop:app"], ["-e=KEY=***", "shop:app"]],
  [["shop:app", "--env", "KEY=a=b=c"], ["shop:app", "--env", "KEY=***"]],
  [["shop:app", "--env=KEY=s3cret"], ["shop:app", "--env=KEY=***"]],
  [["shop:app", "--env", "s3cret"], ["shop:app", "--env", "***"]],
  [["shop:app", "--env"], ["shop:app", "--env"]],
  [["-Re", "KEY=s3cret", "shop:app"], ["-Re", "KEY=***", "shop:app"]],
  [["--paste-global", "db=s3cret", "shop:app"], ["--paste-global", "db=***", "shop:app"]],
  [["shop:make('s3cret')"], ["shop:make(***)"]],
  [["shop:make()"], ["shop:make()"]],
  [["--log-syslog-to", "tcp://me:s3cret@logs:514"], ["--log-syslog-to", "tcp://me:***@logs:514"]],
  [["--keyfile", "/etc/key.pem", "-b", "[::1]:8000"], ["--keyfile", "/etc/key.pem", "-b", "[::1]:8000"]],
];

for (const [args, spoken] of table) {
  Deno.test(`${args.join(" ")} is shown as ${spoken.join(" ")}`, () => {
    assertEquals(redactedArguments(args), spoken);
  });
}
