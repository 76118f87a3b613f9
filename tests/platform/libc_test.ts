import { assert, assertEquals } from "@std/assert";
import {
  duplicate,
  libc,
  monotonicNs,
  reapOrphans,
  receiveDrops,
  setReceiveBuffer,
} from "../../src/platform/libc.ts";

async function python(code: string): Promise<string> {
  const output = await new Deno.Command("python3", { args: ["-c", code] }).output();
  return new TextDecoder().decode(output.stdout).trim();
}

/** Runs code that imports all of libc.ts in a Deno of its own; gives back what it printed. */
async function runDeno(code: string, permissions: string[]): Promise<string> {
  const module = new URL("../../src/platform/libc.ts", import.meta.url).href;
  const names = "libc, monotonicNs, reapOrphans, setChildSubreaper";
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = command.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`import { ${names} } from "${module}";\n${code}`));
  await writer.close();
  return new TextDecoder().decode((await command.output()).stdout);
}

Deno.test("monotonicNs is the clock of Python's time.monotonic_ns", async () => {
  const before = monotonicNs();
  const there = Number(await python("import time; print(time.monotonic_ns())"));
  const after = monotonicNs();
  assert(before <= there && there <= after, `${before} <= ${there} <= ${after}`);
});

Deno.test("Without FFI there is still a clock that runs", async () => {
  const said = await runDeno(
    "const first = monotonicNs(); console.log(libc() === undefined, monotonicNs() >= first);",
    ["-A", "--deny-ffi"],
  );
  assertEquals(said.trim(), "true true");
});

Deno.test("A receive buffer can be raised, and a socket without drops says 0", () => {
  const AF_INET = 2, SOCK_DGRAM = 2;
  const fd = libc()!.socket(AF_INET, SOCK_DGRAM, 0);
  const granted = setReceiveBuffer(fd, 100_000);
  assert(granted !== undefined && granted >= 100_000, `${granted}`);
  assertEquals(receiveDrops(fd), 0);
  libc()!.close(fd);
});

Deno.test("A descriptor that is not open gives undefined, not an error", () => {
  assertEquals(setReceiveBuffer(987654, 1), undefined);
  assertEquals(receiveDrops(987654), undefined);
  assertEquals(duplicate(987654), undefined);
});

Deno.test("Orphans are adopted and buried, and Deno's own children are left to it", async () => {
  // In a process of its own, because a subreaper cannot stop being one.
  const answer = await runDeno(
    `
    const set = setChildSubreaper();
    const own = new Deno.Command("cat", { stdin: "piped", stdout: "null" }).spawn();
    const shell = new Deno.Command("sh", { args: ["-c", "(sleep 0 & echo $!)"] });
    const orphan = Number(new TextDecoder().decode((await shell.output()).stdout));
    const reaped = [];
    for (let i = 0; i < 1000 && !reaped.includes(orphan); i++) {
      reaped.push(...reapOrphans(new Set([own.pid])));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await own.stdin.close();
    const status = await own.status;
    console.log(JSON.stringify([set, reaped.includes(orphan), reaped.includes(own.pid), status.code]));`,
    ["-A"],
  );
  assertEquals(JSON.parse(answer), [true, true, false, 0]);
});

Deno.test("Burying orphans never takes away the status of a child that has ended", async () => {
  const child = new Deno.Command("sh", { args: ["-c", "exit 7"] }).spawn();
  const deadline = performance.now() + 200;
  while (performance.now() < deadline) assertEquals(reapOrphans(new Set([child.pid])), []);
  assertEquals((await child.status).code, 7);
});
