import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { holdFolder } from "../../src/platform/folder_lock.ts";
import {
  makeRuntimeDir,
  removeDir,
  removeStaleDirs,
  runningInstances,
  runtimeBases,
  unsafe,
  writeInstance,
} from "../../src/platform/runtime_dir.ts";
import { startTicksOf } from "../../src/platform/process_id.ts";
import { CONTROL_SOCKET, listenUnix } from "../../src/status/http/listen.ts";
import { tempDir } from "../support/tempdir.ts";

const instance = (pid: number, startTicks: number) => ({
  pid,
  startTicks,
  version: "0",
  startedAt: "2026-01-01T00:00:00Z",
  command: ["app:app"],
});

Deno.test("the folder is private, and two never collide", async () => {
  await using base = await tempDir();
  const one = makeRuntimeDir([base.path]);
  const two = makeRuntimeDir([base.path]);
  assert(one !== two);
  for (const dir of [one, two]) assertEquals((Deno.statSync(dir).mode ?? 0) & 0o777, 0o700);
});

Deno.test("the first base that can be written is taken; when none can, each is named", async () => {
  await using base = await tempDir();
  const none = base.join("none");
  assert(makeRuntimeDir(["/proc", base.path]).startsWith(base.path));
  const error = assertThrows(() => makeRuntimeDir(["/proc", none]), Error);
  for (const part of ["Cannot make a runtime folder", "/proc", none, "--runtime-dir"]) {
    assertStringIncludes(error.message, part);
  }
});

Deno.test("a base too long for a socket is the last resort", async () => {
  await using base = await tempDir();
  const long = base.join("x".repeat(60));
  Deno.mkdirSync(long);
  assert(!makeRuntimeDir([long, base.path]).startsWith(long));
  const path = makeRuntimeDir([long]);
  assert(path.startsWith(long));
  await using short = await tempDir();
  const other = base.join("other");
  Deno.mkdirSync(other);
  // Of one byte a character, and of two.
  for (const letter of ["x", "é"]) {
    const bytes = new TextEncoder().encode(letter).length;
    const room = 56 - `${short.path}/`.length;
    const longest = short.join(letter.repeat(Math.floor(room / bytes)));
    for (const path of [longest, longest + letter]) Deno.mkdirSync(path);
    using _socket = listenUnix(`${makeRuntimeDir([longest, other])}/${CONTROL_SOCKET}`);
    assert(makeRuntimeDir([longest, other]).startsWith(longest));
    assert(makeRuntimeDir([longest + letter, other]).startsWith(other));
  }
});

Deno.test("a folder whose owner cannot be read is nobody's, and is removed once it is old", async () => {
  await using base = await tempDir();
  for (const text of ["null", "{}", "1", '{"pid":"1"}', "{"]) {
    const dir = makeRuntimeDir([base.path]);
    Deno.writeTextFileSync(`${dir}/instance.json`, text);
    assertEquals(runningInstances([base.path]), []);
    assertEquals(removeStaleDirs([base.path]), []);
    assertEquals(removeStaleDirs([base.path], Date.now() + 2 * 3_600_000), [dir]);
  }
});

Deno.test("a base without room for what is needed is left, with nothing in it, for the next", async () => {
  await using full = await tempDir();
  await using base = await tempDir();
  const fill = (path: string) => {
    if (!path.startsWith(base.path)) {
      throw new Error("Cannot write x: no room", { cause: new Error("no room") });
    }
  };
  assert(makeRuntimeDir([full.path, base.path], fill).startsWith(base.path));
  assertEquals([...Deno.readDirSync(full.path)], []);
  const error = assertThrows(() => makeRuntimeDir([full.path], fill), Error);
  assertStringIncludes(error.message, `${full.path}: no room`);
});

Deno.test("bases come from the environment, memory before disk, each once", () => {
  const env = new Map([["XDG_RUNTIME_DIR", "/run/user/1"], ["TMPDIR", "/tmp"]]);
  assertEquals(runtimeBases(env), ["/run/user/1", "/dev/shm", "/tmp", "/var/tmp"]);
});

Deno.test("a folder that others may enter, or that is a link, is unsafe", async () => {
  await using base = await tempDir();
  const open = base.join("open");
  Deno.mkdirSync(open);
  Deno.chmodSync(open, 0o755);
  assertEquals(unsafe(open), "can be entered by other users");
  const link = base.join("link");
  Deno.symlinkSync(base.path, link);
  assertEquals(unsafe(link), "is not a folder");
  assertEquals(unsafe(base.path), undefined);
});

Deno.test("a running instance is found, a dead one's folder removed, also when its pid is another's by now", async () => {
  await using base = await tempDir();
  const [running, dead, reused] = [0, 1, 2].map(() => makeRuntimeDir([base.path])) as [
    string,
    string,
    string,
  ];
  const ticks = startTicksOf(Deno.pid)!;
  writeInstance(running, instance(Deno.pid, ticks));
  writeInstance(dead, instance(4_194_303, 1));
  writeInstance(reused, instance(Deno.pid, ticks - 1));
  assertEquals(runningInstances([base.path]).map(({ dir }) => dir), [running]);
  assertEquals(removeStaleDirs([base.path]).sort(), [dead, reused].sort());
  assertEquals([...Deno.readDirSync(base.path)].map(({ name }) => `${base.path}/${name}`), [running]);
});

Deno.test("what runs in another container is neither found nor removed, whatever its pid means here", async () => {
  await using base = await tempDir();
  const theirs = makeRuntimeDir([base.path]);
  writeInstance(theirs, instance(4_194_303, 1));
  const held = holdFolder(theirs)!;
  assertEquals([runningInstances([base.path]), removeStaleDirs([base.path])], [[], []]);
  held[Symbol.dispose](); // the kernel does it when the process ends, however it ends
  assertEquals(removeStaleDirs([base.path]), [theirs]);
});

Deno.test("a folder that was left half made is removed after an hour, not before", async () => {
  await using base = await tempDir();
  const half = makeRuntimeDir([base.path]);
  assertEquals(removeStaleDirs([base.path]), []);
  assertEquals(removeStaleDirs([base.path], Date.now() + 3_700_000), [half]);
});

Deno.test("removing a folder that is gone is no error", () => {
  assertEquals(removeDir("/proc/nonexistent/gunicorn-autoscaler-x"), true);
});

/** Root removes what stands in a folder that cannot be written, unless it gives that right up. */
const WITHOUT_ROOTS_RIGHTS = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all"] : [];

const REMOVE_STALE = `
const { makeRuntimeDir, removeDir, removeStaleDirs } = await import(Deno.args[0]);
const [base] = Deno.args.slice(1);
const [fixed, loose] = [0, 1].map(() => makeRuntimeDir([base]));
Deno.mkdirSync(fixed + "/full");
Deno.writeTextFileSync(fixed + "/full/file", "");
Deno.chmodSync(fixed + "/full", 0o500);
const removed = removeStaleDirs([base], Date.now() + 3_700_000);
console.log(JSON.stringify([removed.length, removed[0] === loose, removeDir(fixed)]));
Deno.chmodSync(fixed + "/full", 0o700);
`;

Deno.test("a folder that cannot be removed stays, the others go", async () => {
  await using base = await tempDir();
  const url = import.meta.resolve("../../src/platform/runtime_dir.ts");
  const { stdout, stderr } = await new Deno.Command("env", {
    args: [...WITHOUT_ROOTS_RIGHTS, Deno.execPath(), "eval", "--no-lock", REMOVE_STALE, url, base.path],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(text(stdout).trim(), "[1,true,false]", text(stderr));
});
