import { assertEquals } from "@std/assert";
import { run } from "../support/process.ts";

/** Runs a program with a pipe or socket for its standard error: empty, full, and read again; shows what each run prints. */
const THREE_TIMES = `
import os, socket, subprocess, sys
if sys.argv[1] == "pipe":
    reading, writing = os.pipe()
else:
    reading, writing = [end.detach() for end in socket.socketpair()]

def ask():
    print(subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=writing, text=True).stdout.strip())

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

const ASK = `import { unreadShare } from "${
  new URL("../../src/platform/standard_error.ts", import.meta.url).href
}";
console.log(String(unreadShare() >= 0.5));
`;

for (const kind of ["pipe", "socket"]) {
  Deno.test(`a ${kind} that nobody reads is half full, and no longer once it is read`, async () => {
    const { stdout } = await run("python3", ["-c", THREE_TIMES, kind, Deno.execPath(), "eval", ASK]);
    assertEquals(stdout.trim().split("\n"), ["false", "true", "false"]);
  });
}

Deno.test("what is neither is never half full", async () => {
  const { stdout } = await run("sh", ["-c", '"$0" eval "$1" 2> /dev/null', Deno.execPath(), ASK]);
  assertEquals(stdout.trim(), "false");
});
