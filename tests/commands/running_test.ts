import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { askInstance } from "../../src/commands/running/control_client.ts";
import { CONTROL_SOCKET } from "../../src/status/http/listen.ts";
import { readArguments } from "../../src/commands/running/command_arguments.ts";
import { durationSeconds } from "../../src/commands/running/duration_text.ts";
import { chooseInstance, type RunningInstance } from "../../src/commands/running/find_instance.ts";
import { seenInstances, userName } from "../../src/commands/running/seen_instances.ts";
import { terminalWidth } from "../../src/commands/running/terminal.ts";
import { tempDir } from "../support/tempdir.ts";

const instance = (pid: number, app: string): RunningInstance => ({
  dir: `/run/user/0/gunicorn-autoscaler-${pid}`,
  instance: { pid, startTicks: 1, version: "1", startedAt: "2026-01-01T00:00:00Z", command: [app] },
});
const errorOf = (choice: RunningInstance | { readonly error: string }) =>
  "error" in choice ? choice.error : "no error";
const [shop, blog] = [instance(10, "shop:app"), instance(20, "blog:app")];

Deno.test("the only running instance is the one that is meant", () => {
  assertEquals(chooseInstance(undefined, [shop], []), shop);
});

Deno.test("an instance that does not answer is given up", async () => {
  await using dir = await tempDir();
  using _listener = Deno.listen({ transport: "unix", path: dir.join(CONTROL_SOCKET) }); // as of a stopped process
  await assertRejects(
    () => askInstance(dir.path, "GET", "/status", "", 100),
    Error,
    `Cannot ask the autoscaler in ${dir.path}: no answer within 0.1 s, look at its log`,
  );
});

Deno.test("a switch of a command takes no value", () => {
  const errors = (word: string) => readArguments([word], ["json"]).errors;
  assertEquals(errors("--json=maybe"), [
    "Cannot use --json=maybe: --json takes no value, write --json or leave it out",
  ]);
  assertEquals([errors("--json"), errors("--json=true").length], [[], 1]);
});

Deno.test("with several instances each is named, and can be chosen by pid or folder", () => {
  const error = errorOf(chooseInstance(undefined, [shop, blog], []));
  assertMatch(error, /Cannot choose an autoscaler: 2 run here/);
  assertMatch(error, /--instance 10 {2}shop:app/);
  assertMatch(error, /--instance 20 {2}blog:app/);
  assertEquals(chooseInstance("20", [shop, blog], []), blog);
  assertEquals(chooseInstance(`${shop.dir}/`, [shop, blog], []), shop);
});

Deno.test("without an instance the error names the places searched", () => {
  const none = errorOf(chooseInstance(undefined, [], ["/dev/shm", "/tmp"]));
  assertMatch(none, /none of yours has its folder in \/dev\/shm, \/tmp/);
  const wrong = errorOf(chooseInstance("99", [shop], []));
  assertMatch(wrong, /instance 99.*name one of these:\n.*shop:app/s);
});

Deno.test("where only another user's autoscaler runs, the error says how to reach it", () => {
  for (const named of [undefined, "99"]) {
    const error = errorOf(chooseInstance(named, [], ["/dev/shm"], ["www-data"]));
    assertMatch(error, /, but www-data runs one, call it as that user: sudo -u www-data gunicorn-autoscaler/);
    assertEquals(error.includes("start one"), false);
  }
});

Deno.test("autoscalers are seen wherever their folders are, by what they keep open and what they start", async () => {
  await using proc = await tempDir();
  const process = async (pid: number, name: string, ...open: string[]) => {
    await Deno.mkdir(proc.join(`${pid}/fd`), { recursive: true });
    await Deno.writeTextFile(proc.join(`${pid}/comm`), `${name}\n`);
    for (const [fd, target] of open.entries()) await Deno.symlink(target, proc.join(`${pid}/fd/${fd}`));
  };
  await process(10, "gunicorn-autosc", "/dev/null", "/run/shop/gunicorn-autoscaler-a1");
  await process(11, "deno", "/srv/x/gunicorn-autoscaler-b2", "/dev/null");
  await process(12, "deno", "/dev/null"); // something else
  await process(13, "gunicorn-autosc", "/dev/null"); // a command such as status
  await process(14, "gunicorn-autosc"); // another user's: nothing of it can be read
  await process(15, "gunicorn", "/run/shop/gunicorn-autoscaler-a1");
  await process(17, "python3");
  const config = "/run/blog/gunicorn-autoscaler-d4/gunicorn_autoscaler_conf.py";
  await Deno.writeTextFile(proc.join("17/cmdline"), `gunicorn\0app:app\0-c\0${config}\0`);
  await process(16, "gunicorn-autosc", "/dev/shm/gunicorn-autoscaler-c3 (deleted)");
  await Deno.mkdir(proc.join("self"));
  const uid = Deno.uid();
  assertEquals(seenInstances(proc.path).sort((a, b) => (a.dir ?? "~") < (b.dir ?? "~") ? -1 : 1), [
    { uid, dir: "/run/blog/gunicorn-autoscaler-d4" },
    { uid, dir: "/run/shop/gunicorn-autoscaler-a1" },
    { uid, dir: "/srv/x/gunicorn-autoscaler-b2" },
    { uid, dir: undefined },
  ]);
});

Deno.test("a user has a name, or the number that sudo takes", () => {
  const passwd = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n";
  assertEquals([userName(33, passwd), userName(34, passwd)], ["www-data", "'#34'"]);
});

Deno.test("time spans are read, and what is none is refused", () => {
  for (
    const [text, seconds] of [["90s", 90], ["10m", 600], ["10min", 600], ["1h30m", 5400], ["1.5h", 5400], [
      "2d",
      172_800,
    ]] as const
  ) {
    assertEquals(durationSeconds(text), seconds, text);
  }
  for (const text of ["", "10", "m", "0s", "-5m", "5 m", "1y", "m5"]) {
    assertEquals(durationSeconds(text), undefined, text);
  }
});

Deno.test("arguments of commands are read strictly", () => {
  const given = readArguments(["5", "--for", "10m", "--instance=7"], ["json"], ["for"]);
  assertEquals([given.words, given.values.get("for"), given.instance], [["5"], "10m", "7"]);
  assertMatch(
    readArguments(["--fro=1m"], [], ["for"]).errors.join(),
    /Cannot use --fro: .*did you mean --for\?$/,
  );
  assertMatch(readArguments(["--xyzzy"], ["json"]).errors.join(), /give --instance, --json, --help$/);
  assertEquals(readArguments(["--for="], [], ["for"]).errors.length, 1);
  assertEquals(readArguments(["-h"]).help, true);
  assertEquals(readArguments(["--for", "-5m"], [], ["for"]).errors.length, 2);
});

Deno.test("COLUMNS that no terminal has is no width", () => {
  const before = Deno.env.get("COLUMNS");
  const widths = (...texts: string[]) =>
    texts.map((text) => {
      Deno.env.set("COLUMNS", text);
      return terminalWidth();
    });
  try {
    assertEquals(widths("20", "40", "200"), [40, 40, 200]);
    assertEquals(new Set(widths("1e9", "Infinity", "41.5", "0", "")).size, 1);
  } finally {
    if (before === undefined) Deno.env.delete("COLUMNS");
    else Deno.env.set("COLUMNS", before);
  }
});
