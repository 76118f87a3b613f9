/** gunicorn somewhere below what --gunicorn names: scaled, signalled and ended as if it were our own child. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { type Autoscaled, autoscaled } from "../../support/autoscaled.ts";
import { trySignal } from "../../support/process.ts";
import { children, isAlive } from "../../support/processes.ts";
import { findProgram } from "../../support/program.ts";
import { missingNamespaces } from "../../faults/support/namespaces.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import type { VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const VERSIONS = ["20.1", "23", "newest"] as const satisfies readonly VenvName[];

/** The master, when `levels` programs stand between it and the autoscaler. */
function masterBelow(server: Autoscaled, levels: number): number {
  let pid = server.process.pid;
  for (let i = 0; i <= levels; i++) pid = children(pid)[0] ?? 0;
  return pid;
}

async function script(folder: TempDir, text: string): Promise<string> {
  const path = await folder.write("launch.sh", `#!/bin/sh\n${text}\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

/** Has the autoscaler ask for one worker more, and waits for it. */
async function grow(server: Autoscaled, master: number): Promise<void> {
  await until(() => children(master).length === 2, { what: () => `2 workers\n${server.log()}` });
  server.process.signal("SIGTTIN"); // the minimum is one higher
  await until(() => children(master).length === 3, { what: () => `3 workers\n${server.log()}` });
}

const PYTHON = "import subprocess, sys; sys.exit(subprocess.call(['gunicorn'] + sys.argv[1:]))";
const LAUNCHERS: readonly [name: string, words: (script: string) => string, levels: number][] = [
  ["a shell script without exec", (path) => path, 1],
  ["sh -c in a script that is no child of ours", (path) => `sh -c '${path} "$@"; exit $?' sh`, 2],
  ["a Python script", () => `python -c "${PYTHON}"`, 1],
  ["python -m gunicorn", () => "python -m gunicorn", 0],
  ["env and nice", () => "env A=1 nice gunicorn", 0],
  ["tini", () => "tini -g -- gunicorn", 1],
  ["dumb-init", () => "dumb-init -- gunicorn", 1],
];

// Which processes are gunicorn's is the same for all versions: the older ones below one launcher.
for (const venv of VERSIONS) {
  for (const [name, words, levels] of venv === "newest" ? LAUNCHERS : LAUNCHERS.slice(0, 1)) {
    Deno.test(`below ${name} gunicorn ${venv} is scaled, and a TERM ends all`, async () => {
      await using folder = await tempDir();
      const path = await script(folder, 'gunicorn "$@"');
      const program = words(path).split(" ")[0]!;
      if (["tini", "dumb-init"].includes(program) && await findProgram(program) === undefined) {
        console.log(`  skipped: ${program} is not installed`);
        return;
      }
      await using server = await autoscaled({ own: ["--gunicorn", words(path)], venv });
      const master = masterBelow(server, levels);
      await grow(server, master);
      const slow = server.get("/sleep/1000");
      await until(async () => (await server.get("/")).status === 200, {
        what: "an answer beside the slow one",
      });
      const { code } = await server.process.stop("SIGTERM", 20_000);
      assertEquals((await slow).status, 200, server.log());
      assertEquals(code, 0, server.process.text());
      assert(!isAlive(master));
      assert(!server.log().includes("could not attach"), server.log());
    });
  }
}

Deno.test("the exit code is the launcher's, also when gunicorn ends by itself", async () => {
  await using folder = await tempDir();
  const path = await script(folder, 'gunicorn "$@"\nexit 7');
  await using server = await autoscaled({ own: ["--gunicorn", path] });
  trySignal(masterBelow(server, 1), "SIGTERM");
  await until(() => server.process.hasEnded, { what: "the end" });
  assertEquals((await server.process.exited).code, 7);
});

Deno.test("a launcher that restarts gunicorn gets its new masters scaled, and is stopped", async () => {
  await using folder = await tempDir();
  const path = await script(folder, 'while true; do gunicorn "$@"; done');
  await using server = await autoscaled({ own: ["--gunicorn", path] });
  const first = masterBelow(server, 1);
  trySignal(first, "SIGTERM");
  await until(() => server.get("/").then(() => !isAlive(first), () => false), { what: "the second master" });
  const second = masterBelow(server, 1);
  assertNotEquals(second, first);
  await until(() => children(second).length === 2, { what: "2 workers" });
  await grow(server, second);
  await server.process.stop("SIGTERM", 20_000);
  assert(!isAlive(second));
});

Deno.test("a launcher that dies leaves no gunicorn behind, and requests under way are answered", async () => {
  await using folder = await tempDir();
  const path = await script(folder, 'gunicorn "$@"');
  await using server = await autoscaled({ own: ["--gunicorn", path] });
  const master = masterBelow(server, 1);
  const slow = server.get("/sleep/1000");
  await until(async () => (await server.get("/")).status === 200, { what: "an answer beside the slow one" });
  trySignal(masterBelow(server, 0), "SIGKILL");
  assertEquals((await slow).status, 200);
  await until(() => server.process.hasEnded, { what: "the end" });
  assertEquals((await server.process.exited).code, 137);
  assert(!isAlive(master));
  assert(server.log().includes("left gunicorn running"), server.log());
});

for (const venv of VERSIONS) {
  Deno.test(`gunicorn ${venv} below a launcher does not outlive the autoscaler`, async () => {
    await using folder = await tempDir();
    const path = await script(folder, 'gunicorn "$@"');
    await using server = await autoscaled({ own: ["--gunicorn", path], venv });
    const master = masterBelow(server, 1);
    trySignal(server.process.pid, "SIGKILL");
    await until(() => !isAlive(master), { what: "the end of gunicorn" });
    const left = () => [...Deno.readDirSync(server.runtimeBase)].length;
    await until(() => left() === 0, { what: "the end of the runtime folder" });
  });
}

Deno.test("a launcher that drops our arguments: one line, and single signals to the master alone", async () => {
  await using folder = await tempDir();
  const bind = Deno.makeTempDirSync({ dir: folder.path });
  const path = await script(folder, `gunicorn "$1" --chdir "$3" --bind "$5" --pid ${bind}/pid`);
  await using server = await autoscaled({ own: ["--gunicorn", path] });
  await server.process.line(/WARN.*the probe could not attach.*have the launcher pass its arguments on/);
  const master = masterBelow(server, 1);
  const one = children(master).length;
  server.process.signal("SIGTTIN");
  server.process.signal("SIGTTIN");
  await until(() => children(master).length > one, { what: () => `more workers\n${server.log()}` });
  await server.process.stop("SIGTERM", 20_000);
  assert(!isAlive(master));
});

Deno.test("a launcher that becomes gunicorn and drops our arguments: the line says what has no effect, and what to do", async () => {
  await using folder = await tempDir();
  const path = await script(folder, 'exec gunicorn "$1" --chdir "$3" --bind "$5"');
  await using server = await autoscaled({
    own: ["--gunicorn", path, "--fork-server", "on", "--sleep-after", "60"],
  });
  await server.process.line(
    /WARN.*could not attach.*without --fork-server and --sleep-after; .*have what --gunicorn names pass its arguments on/,
  );
});

Deno.test("a launcher that drops our arguments and has a number of workers: none of them is taken away", async () => {
  await using folder = await tempDir();
  const path = await script(folder, 'gunicorn "$1" --chdir "$3" --bind "$5" -w 4');
  await using server = await autoscaled({ own: ["--gunicorn", path, "--max-workers", "8"] });
  await server.process.line(/workers=4 of gunicorn is the number to begin with/);
  const master = masterBelow(server, 1);
  await delay(1_500);
  assertEquals(children(master).length, 4, server.log());
  await server.process.stop("SIGTERM", 20_000);
});

Deno.test("a program that is no gunicorn never gets a signal that stops it, and is logged", async () => {
  await using server = await autoscaled({ own: ["--gunicorn", "sh -c 'sleep 60'"], untilReady: false });
  await server.process.line(/WARN.*no gunicorn has started yet/, { timeoutMs: 20_000 });
  const [shell] = children(server.process.pid);
  assertEquals(/^State:\s+(\S)/m.exec(Deno.readTextFileSync(`/proc/${shell}/status`))?.[1], "S");
  await server.process.stop("SIGTERM", 20_000);
});

Deno.test({
  name: "/proc of another pid namespace, where no gunicorn can be found: a warning says so, and it serves",
  ignore: missingNamespaces !== undefined,
}, async () => {
  await using server = await autoscaled({
    wrap: (words) => ["unshare", "--pid", "--fork", "--kill-child", ...words],
  });
  await server.process.line(/WARN.*Cannot scale: \/proc shows the processes of another pid namespace/);
  assertEquals((await server.get("/")).status, 200);
  Deno.kill(children(server.process.pid)[0]!, "SIGTERM");
  assertEquals((await server.process.exited).code, 0, server.log());
});

Deno.test("a gunicorn that a worker starts with the same arguments stays plain gunicorn", async () => {
  await using folder = await tempDir();
  await folder.write(
    "nested.py",
    `import os, subprocess, sys
if os.environ.get('NESTED') is None:
    argv = [a.replace(os.environ['OUTER'], '127.0.0.1:0') for a in sys.argv]
    subprocess.Popen([sys.executable] + argv, env=dict(os.environ, NESTED='1'))
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'ok']
`,
  );
  await using server = await autoscaled({
    app: "nested:app",
    gunicorn: ["--chdir", folder.path, "--env", "OUTER=127.0.0.1", "-w", "1"],
    own: ["--min-workers", "1", "--max-workers", "2"],
  });
  const { master } = server;
  await until(() => server.process.lines.filter((line) => /Listening at/.test(line.text)).length === 2, {
    what: () => `the inner gunicorn\n${server.process.text()}`,
  });
  server.process.signal("SIGTTIN");
  await server.untilWorkers(2);
  assertEquals(server.master, master);
});

Deno.test("an autoscaler that is killed before gunicorn has begun leaves nothing behind", async () => {
  await using folder = await tempDir();
  const path = await script(folder, `touch ${folder.path}/launched\nsleep 1\ngunicorn "$@"`);
  await using server = await autoscaled({ own: ["--gunicorn", path], untilReady: false });
  await until(() => Deno.stat(`${folder.path}/launched`).then(() => true, () => false), {
    timeoutMs: 30_000,
    what: "the launcher",
  });
  const launcher = masterBelow(server, 0);
  trySignal(server.process.pid, "SIGKILL");
  await until(() => !isAlive(launcher), { timeoutMs: 20_000, what: "the end of the launcher" });
  assertEquals(server.process.family(), []);
  assertEquals([...Deno.readDirSync(server.runtimeBase)].length, 0);
});

Deno.test("a TERM that a launcher ignores reaches a gunicorn that it starts later", async () => {
  await using folder = await tempDir();
  const path = await script(
    folder,
    `trap '' TERM\nsleep 1\ntouch ${folder.path}/launched\nsleep 1\ntrap - TERM\ngunicorn "$@"\nexit 5`,
  );
  await using server = await autoscaled({ own: ["--gunicorn", path], untilReady: false });
  await until(() => Deno.stat(`${folder.path}/launched`).then(() => true, () => false), {
    timeoutMs: 30_000,
    what: "the launcher",
  });
  assertEquals((await server.process.stop("SIGTERM", 30_000)).code, 5, server.process.text());
});
