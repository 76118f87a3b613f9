import { assert, assertEquals, assertMatch } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { run, start } from "../../support/process.ts";
import { command, controlSocket } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";

Deno.test("status --watch prints every second, until the instance ends", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "4"] });
  const [path, ...args] = program();
  const env = { GUNICORN_AUTOSCALER_RUNTIME_DIR: it.runtimeBase };
  await using watch = start(path!, [...args, "status", "--watch", "--json"], { env });
  await watch.line(/"ready":2/);
  await command(it, "scale", "3");
  await watch.line(/"kind":"pinned".*"ready":3/);
  const uptimes = watch.text("stdout").trim().split("\n").map((line) =>
    JSON.parse(line).uptimeSeconds as number
  );
  assert(
    uptimes.length >= 2 && uptimes.every((seconds, i) => i === 0 || seconds >= uptimes[i - 1]!),
    `${uptimes}`,
  );
  await it.process.stop();
  assertEquals((await watch.ended).code, 1);
  assertMatch(watch.text("stderr"), /the autoscaler has ended/);
});

Deno.test("status --watch ends when its reader has left", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2"] });
  await controlSocket(it);
  const watched = [...program(), "status", "--watch", "--json"];
  const env = { GUNICORN_AUTOSCALER_RUNTIME_DIR: it.runtimeBase };
  await using pipe = start("sh", ["-c", '"$@" | head -n 1', "sh", ...watched], { env });
  await until(() => pipe.hasEnded, { what: "the end of the pipeline" });
  assertEquals(pipe.text("stderr"), "");
});

/** Ends a command in a terminal once it has its own screen; prints its exit code, and whether the screen is as before. */
const ENDED_IN_TERMINAL = `
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while b'\\x1b[?1049h' not in seen:
    seen += os.read(terminal, 4096)
os.kill(pid, signal.SIGTERM)
try:
    while True:
        seen += os.read(terminal, 4096)
except OSError:  # its other end is closed
    pass
print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]), b'\\x1b[?1049l' in seen and b'\\x1b[?25h' in seen)
`;

Deno.test("status --watch gives the terminal back when it is ended by a signal", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2"] });
  await controlSocket(it);
  const env = { GUNICORN_AUTOSCALER_RUNTIME_DIR: it.runtimeBase };
  const { stdout, stderr } = await run("python3", [
    "-c",
    ENDED_IN_TERMINAL,
    ...program(),
    "status",
    "--watch",
  ], {
    env,
  });
  assertEquals(stdout.trim(), "143 True", stderr);
});

/** Runs a command in a terminal to its end, or until it has shown the workers; prints whether there was a code in it. */
const IN_TERMINAL = `
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
try:
    while b'ready' not in seen:
        seen += os.read(terminal, 4096)
    os.kill(pid, signal.SIGTERM)
    while True:
        seen += os.read(terminal, 4096)
except OSError:  # its other end is closed
    pass
os.waitpid(pid, 0)
print(b'ready' in seen, b'\\x1b' in seen)
`;

Deno.test("a dumb terminal gets no codes, neither of colours nor of a screen", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2"] });
  await controlSocket(it);
  for (const [TERM, codes] of [["dumb", "False"], ["xterm", "True"]] as const) {
    for (const more of [[], ["--watch"]]) {
      const words = ["-c", IN_TERMINAL, ...program(), "status", ...more];
      const env = { GUNICORN_AUTOSCALER_RUNTIME_DIR: it.runtimeBase, TERM, NO_COLOR: "" };
      const { stdout, stderr } = await run("python3", words, { env });
      assertEquals(stdout.trim(), `True ${codes}`, stderr);
    }
  }
});
