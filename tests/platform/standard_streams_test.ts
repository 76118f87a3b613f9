import { assertEquals } from "@std/assert";
import { run } from "../support/process.ts";

/**
 * Runs a program with a pipe or socket for its standard error, or a pipe for its output: empty, full, and read again; shows
 * what each run prints to the other one.
 */
const THREE_TIMES = `
import os, socket, subprocess, sys
if sys.argv[1] != "socket":
    reading, writing = os.pipe()
else:
    reading, writing = [end.detach() for end in socket.socketpair()]

def ask():
    streams = [writing, subprocess.PIPE] if sys.argv[1] == "output" else [subprocess.PIPE, writing]
    ended = subprocess.run(sys.argv[2:], stdout=streams[0], stderr=streams[1], text=True)
    print((ended.stdout or ended.stderr).strip())

ask()
os.set_blocking(writing, False)
try:
    while True:
        os.write(writing, b"x" * 100)
except BlockingIOError:
    pass
os.set_blocking(writing, True)
ask()
os.set_blocking(reading, False)
try:
    while True:
        os.read(reading, 65536)
except BlockingIOError:
    pass
ask()
`;

const ASK = `import { unreadOutput } from "${
  new URL("../../src/platform/standard_streams.ts", import.meta.url).href
}";
console[Deno.args[0] ?? "log"](String(unreadOutput() >= 0.5));
`;

for (const [kind, printed] of [["pipe", "log"], ["socket", "log"], ["output", "error"]] as const) {
  Deno.test(`a log (${kind}) that nobody reads is half full, and no longer once it is read`, async () => {
    const { stdout } = await run("python3", ["-c", THREE_TIMES, kind, Deno.execPath(), "eval", ASK, printed]);
    assertEquals(stdout.trim().split("\n"), ["false", "true", "false"]);
  });
}

Deno.test("what is neither is never half full", async () => {
  const { stdout } = await run("sh", ["-c", '"$0" eval "$1" 2> /dev/null', Deno.execPath(), ASK]);
  assertEquals(stdout.trim(), "false");
});
