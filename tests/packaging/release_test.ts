import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sha256, writeSums } from "../../packaging/checksums.ts";
import { VERSION } from "../../src/version.ts";
import { compile } from "../../packaging/compile.ts";
import { release } from "../../packaging/release.ts";
import { hostTarget, targetOf } from "../../packaging/targets.ts";
import { findDenort } from "../support/builds/denort.ts";
import { run } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";

/** The start of an executable: 32-bit little-endian words at their offsets, zero elsewhere. */
function header(words: Record<number, number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20);
  for (const [offset, word] of Object.entries(words)) {
    new DataView(bytes.buffer).setUint16(Number(offset), word & 0xffff, true);
    if (Number(offset) + 2 < 20) new DataView(bytes.buffer).setUint16(Number(offset) + 2, word >>> 16, true);
  }
  return bytes;
}

const ELF = 0x464c_457f;
const MACH = 0xfeed_facf;

for (
  const [what, bytes, target] of [
    ["an x86-64 ELF file", header({ 0: ELF, 18: 62 }), "x86_64-unknown-linux-gnu"],
    ["an AArch64 ELF file", header({ 0: ELF, 18: 183 }), "aarch64-unknown-linux-gnu"],
    ["a 32-bit ARM ELF file", header({ 0: ELF, 18: 40 }), undefined],
    ["an Intel Mach-O file", header({ 0: MACH, 4: 0x0100_0007 }), "x86_64-apple-darwin"],
    ["an Apple silicon Mach-O file", header({ 0: MACH, 4: 0x0100_000c }), "aarch64-apple-darwin"],
    ["a script", new TextEncoder().encode("#!/bin/sh\nexit 0 # longer"), undefined],
    ["an empty file", new Uint8Array(), undefined],
  ] as const
) {
  Deno.test(`${what} is for ${target ?? "no platform of ours"}`, () => assertEquals(targetOf(bytes), target));
}

Deno.test("this very Deno is for this very platform", async () => {
  using file = await Deno.open(Deno.execPath());
  const bytes = new Uint8Array(20);
  await file.read(bytes);
  assertEquals(targetOf(bytes), hostTarget());
});

Deno.test("a runtime for another platform is refused before anything is compiled", async () => {
  const other = hostTarget() === "aarch64-apple-darwin" ? "x86_64-apple-darwin" : "aarch64-apple-darwin";
  const options = { target: other, output: "/proc/nonexistent/binary", denort: Deno.execPath() } as const;
  const error = await assertRejects(() => compile(options), Error);
  assertMatch(
    error.message,
    /^Cannot compile for .*-apple-darwin: DENORT_BIN=.* is one for .*, name one for/,
  );
});

Deno.test("a missing runtime is named", async () => {
  const options = {
    target: hostTarget(),
    output: "/proc/nonexistent/binary",
    denort: "/proc/nonexistent/denort",
  };
  const error = await assertRejects(() => compile(options), Error);
  assertMatch(error.message, /DENORT_BIN=\/proc\/nonexistent\/denort cannot be read/);
});

Deno.test("one DENORT_BIN cannot stand for the runtimes of several targets", async () => {
  const targets = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] as const;
  const options = { targets, folder: "/proc/nonexistent", denort: Deno.execPath() };
  const error = await assertRejects(() => release(options), Error);
  assertMatch(error.message, /^Cannot make a release for several targets with DENORT_BIN/);
});

Deno.test("SHA256SUMS is what sha256sum --check reads", async () => {
  await using folder = await tempDir();
  await folder.write("b.txt", "two\n");
  await folder.write("a.txt", "one\n");
  await writeSums(folder.path, ["b.txt", "a.txt"]);
  const checked = await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder.path });
  assertEquals([checked.code, checked.stdout], [0, "a.txt: OK\nb.txt: OK"], checked.stderr);
});

const runtime = await findDenort();
const reason = "missing" in runtime ? runtime.missing : undefined;
if (reason !== undefined) console.log(`Skipped: no release can be made here, ${reason}`);

const denort = "path" in runtime ? runtime.path : undefined;
const ignore = reason !== undefined;

Deno.test({ name: "two builds of one source are the same bytes", ignore }, async () => {
  await using folder = await tempDir();
  const target = hostTarget();
  await compile({ target, output: folder.join("one"), denort });
  await compile({ target, output: folder.join("two"), denort });
  assertEquals(await sha256(folder.join("one")), await sha256(folder.join("two")));
});

Deno.test("a binary that does not say its version is refused and removed", async () => {
  await using folder = await tempDir();
  // Another program of this platform in the place of denort, as one of another version is.
  const options = { target: hostTarget(), output: folder.join("dead"), denort: Deno.execPath() };
  const error = await assertRejects(() => compile(options), Error);
  assertMatch(
    error.message,
    /^Cannot compile for .*: the binary does not start, .* use the denort of Deno \d/,
  );
  await assertRejects(() => Deno.stat(folder.join("dead")), Deno.errors.NotFound);
});

Deno.test({ name: "a release is one executable in an archive, and its checksum", ignore }, async () => {
  await using folder = await tempDir();
  const [archive, sums] = await release({ targets: [hostTarget()], folder: folder.path, denort });
  assertEquals([archive, sums], [`gunicorn-autoscaler-${VERSION}-${hostTarget()}.tar.gz`, "SHA256SUMS"]);
  const listed = await run("tar", ["tvzf", folder.join(archive!)], { env: { TZ: "UTC" } });
  assertMatch(listed.stdout, /^-rwxr-xr-x 0\/0 +\d+ 1970-01-01 00:00 gunicorn-autoscaler$/);
  const checked = await run("sha256sum", ["--check", "--strict", sums!], { cwd: folder.path });
  assertEquals(checked.code, 0, checked.stderr);
});
