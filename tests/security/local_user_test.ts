import { assert, assertEquals } from "@std/assert";
import {
  makeRuntimeDir,
  removeDir,
  removeStaleDirs,
  replaceableIn,
  runningInstances,
} from "../../src/platform/runtime_dir.ts";
import { startTicksOf } from "../../src/platform/process_id.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { command, runtimeFolder } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { asNobody, attack, NOBODY } from "./another_user.ts";

/** All that stands in a folder, at any depth. */
function* entries(path: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    yield `${path}/${name}`;
    if (isDirectory) yield* entries(`${path}/${name}`);
  }
}

Deno.test("everything in the runtime folder is its owner's alone", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "2"] });
  const dir = await runtimeFolder(it);
  const names = [...entries(dir)];
  for (
    const wanted of [
      "arbiter",
      "control.sock",
      "instance.json",
      `w-${it.workers()[0]}`,
      "gunicorn_autoscaler_conf.py",
    ]
  ) {
    assert(names.includes(`${dir}/${wanted}`), `${wanted} in ${names.join()}`);
  }
  for (const path of [dir, ...names]) {
    const { mode, uid, isSymlink } = Deno.lstatSync(path);
    // Python's own cache of compiled modules stands in the folder too, which no other user can enter.
    const open = path.includes("__pycache__") ? 0o022 : 0o077;
    assertEquals([mode! & open, uid, isSymlink], [0, Deno.uid(), false], path);
  }
});

attack(
  "another user can neither enter the runtime folder, nor steer, nor change anything, nor put a folder in its place",
  async () => {
    await using it = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "8"] });
    Deno.chmodSync(it.runtimeBase, 0o1777); // as /tmp and /dev/shm are
    const dir = await runtimeFolder(it);
    const outcomes = await asNobody(
      `
folder, worker = sys.argv[1], sys.argv[2]
attempt('enter', lambda: os.chdir(folder))
attempt('list', lambda: os.listdir(folder))
for name in ('instance.json', 'arbiter', 'w-' + worker, 'gunicorn_autoscaler_conf.py'):
    attempt('read ' + name, lambda: open(os.path.join(folder, name), 'rb').read())
    attempt('write ' + name, lambda: os.open(os.path.join(folder, name), os.O_WRONLY))
    attempt('link over ' + name, lambda: os.symlink('/etc/passwd', os.path.join(folder, name)))
attempt('steer', lambda: socket.socket(socket.AF_UNIX).connect(folder + '/control.sock'))
attempt('make a slot', lambda: open(folder + '/w-1', 'w'))
attempt('rename', lambda: os.rename(folder, folder + '-old'))
attempt('remove', lambda: os.rmdir(folder))
attempt('open to all', lambda: os.chmod(folder, 0o777))
attempt('signal', lambda: os.kill(int(worker), 15))
attempt('environment', lambda: open('/proc/%s/environ' % worker, 'rb').read())
attempt('control run', lambda: os.listdir('/'))
`,
      dir,
      String(it.workers()[0]),
    );
    assertEquals(outcomes["control run"], "done", "the attacker can do what anybody can");
    delete outcomes["control run"];
    assertEquals(new Set(Object.values(outcomes)), new Set(["PermissionError"]), JSON.stringify(outcomes));
    assertEquals(Object.keys(outcomes).length, 21);
    assertEquals((await command(it, "scale", "3")).code, 0);
    await it.untilWorkers(3);
  },
);

attack(
  "folders and links that another user prepared are neither believed, nor used, nor removed",
  async () => {
    await using base = await tempDir();
    Deno.chmodSync(base.path, 0o1777);
    await base.write("victim/kept", "kept");
    const outcomes = await asNobody(
      `
base, pid, ticks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def pretend():
    folder = base + '/gunicorn-autoscaler-evil'
    os.mkdir(folder, 0o700)
    with open(folder + '/instance.json', 'w') as file:
        json.dump(dict(pid=pid, startTicks=ticks, version='0', startedAt='', command=['evil:app']), file)
def die():
    folder = base + '/gunicorn-autoscaler-dead'
    os.mkdir(folder, 0o700)
    with open(folder + '/instance.json', 'w') as file:
        json.dump(dict(pid=4194303, startTicks=1, version='0', startedAt='', command=['evil:app']), file)
attempt('pretend', pretend)
attempt('die', die)
attempt('link', lambda: os.symlink(base + '/victim', base + '/gunicorn-autoscaler-link'))
`,
      base.path,
      String(Deno.pid),
      String(startTicksOf(Deno.pid)),
    );
    assertEquals(outcomes, { pretend: "done", die: "done", link: "done" });
    assertEquals(runningInstances([base.path]), []);
    assertEquals(removeStaleDirs([base.path], Date.now() + 1e9), []);
    assertEquals(Deno.readTextFileSync(base.join("victim/kept")), "kept");
    const own = makeRuntimeDir([base.path]);
    assertEquals(Deno.lstatSync(own).uid, Deno.uid());
    removeDir(own);
    assertEquals(runningInstances([base.path]), []);
  },
);

Deno.test("no name can be foreseen: of a thousand folders no two share the last eight characters", async () => {
  await using base = await tempDir();
  const endings = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    const path = makeRuntimeDir([base.path]);
    endings.add(path.slice(-8));
    removeDir(path);
  }
  assertEquals(endings.size, 1_000);
});

attack(
  "a base in which another user could put a folder in the place of ours is the last resort, and said",
  async () => {
    await using base = await tempDir();
    const [theirs, open, sticky, own] = ["theirs", "open", "sticky", "own"].map((name) =>
      base.join(name)
    ) as [string, string, string, string];
    for (const path of [theirs, open, sticky, own]) Deno.mkdirSync(path, { mode: 0o700 });
    Deno.chownSync(theirs, NOBODY, NOBODY);
    Deno.chmodSync(open, 0o777);
    Deno.chmodSync(sticky, 0o1777);
    assertEquals([theirs, open, sticky, own].map(replaceableIn), [
      "belongs to another user",
      "can be written by everybody",
      undefined,
      undefined,
    ]);
    assert(makeRuntimeDir([theirs, open, own]).startsWith(own));
    assert(makeRuntimeDir([theirs, open]).startsWith(theirs), "better than none");
    await using it = await autoscaled({ own: ["--runtime-dir", open] });
    await it.process.line(/can be written by everybody: others could put a folder/);
  },
);

attack("workers with --user cannot enter the runtime folder, and have no page but their own", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "3"], gunicorn: ["--user", String(NOBODY)] });
  Deno.chmodSync(it.runtimeBase, 0o711);
  const dir = await runtimeFolder(it);
  await it.untilWorkers(3);
  for (const pid of it.workers()) {
    const uid = () => /^Uid:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1];
    await until(() => uid() === String(NOBODY), { what: () => `worker ${pid} as ${NOBODY}, it is ${uid()}` });
    const pages = Deno.readTextFileSync(`/proc/${pid}/maps`).split("\n").filter((line) => line.includes(dir));
    const files = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) =>
      targetOf(`/proc/${pid}/fd/${name}`)
    );
    // Python keeps a descriptor of what it has mapped.
    const held = new Set([
      ...pages.map((line) => line.slice(line.indexOf("/"))),
      ...files.filter((target) => target.startsWith(dir)),
    ]);
    assertEquals([...held], [`${dir}/w-${pid}`]);
  }
});

/** What a descriptor is; nothing when it has just been closed, as a worker that boots does. */
function targetOf(link: string): string {
  try {
    return Deno.readLinkSync(link);
  } catch {
    return "";
  }
}
