import { assert } from "@std/assert";
import { untilPidFile } from "../../src/supervisor/background.ts";
import { start } from "../support/process.ts";

/** What has gunicorn's handlers a moment after its start. */
const GUNICORN = `import signal, time
for number in (signal.SIGTTIN, signal.SIGTTOU): signal.signal(number, lambda *_: None)
time.sleep(10)`;
const LAUNCHER = 'python3 -c "$0"; :';
const BACKGROUND = 'sh -c "$0" "$1"; :';

Deno.test("a daemon's gunicorn is found below a launcher", async () => {
  await using background = start("sh", ["-c", BACKGROUND, LAUNCHER, GUNICORN]);
  const fromMs = performance.now();
  await untilPidFile(background.pid);
  assert(performance.now() - fromMs < 2_500);
});
