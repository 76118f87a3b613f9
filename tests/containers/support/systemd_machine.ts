/** systemd as PID 1 of a root of its own, with the units of deploy/systemd and what they start. */
import { compiledBinary } from "../../support/builds/binary.ts";
import { type Ended, type Process, run, start } from "../../support/process.ts";
import { findProgram } from "../../support/program.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import { venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const SCRIPT = new URL("systemd_root.sh", import.meta.url).pathname;
const DEPLOY = new URL("../../../deploy/systemd", import.meta.url).pathname;

export class SystemdMachine implements AsyncDisposable {
  readonly #folder: TempDir;
  readonly #group: string;
  readonly #process: Process;
  readonly #pid: number;

  private constructor(folder: TempDir, group: string, process: Process, pid: number) {
    this.#folder = folder;
    this.#group = group;
    this.#process = process;
    this.#pid = pid;
  }

  /** Why none can be started here, or undefined. */
  static async obstacle(): Promise<string | undefined> {
    if (Deno.uid() !== 0) return "it takes root";
    for (const program of ["/lib/systemd/systemd", "/usr/bin/python3"]) {
      if (!await exists(program)) return `${program} is missing`;
    }
    for (const program of ["unshare", "nsenter", "ip"]) {
      if (await findProgram(program) === undefined) return `${program} is missing`;
    }
    if (await unifiedGroups() === undefined) return "there are no control groups of version 2";
    const { code, stderr } = await run("unshare", ["-m", "-p", "-f", "-C", "-n", "true"]);
    return code === 0 ? undefined : stderr.trim();
  }

  /** Boots it with this gunicorn; nothing is started but systemd. */
  static async boot(gunicorn: VenvName): Promise<SystemdMachine> {
    const binary = (await compiledBinary())!;
    const packages = await sitePackages(await venv(gunicorn));
    const folder = await tempDir();
    const group = `${await unifiedGroups()}/autoscaler-test-${crypto.randomUUID()}`;
    await Deno.mkdir(group);
    // Its control group is the root of its namespace: it enters before it is made.
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const namespaces = ["unshare", "--kill-child=KILL", "-m", "-p", "-f", "-C", "-n", "-u", "-i"];
    const process = start("sh", [
      "-c",
      enter,
      group,
      ...namespaces,
      SCRIPT,
      folder.path,
      packages,
      binary,
      DEPLOY,
    ]);
    const pid = await until(() => onlyChild(process.pid), { what: "systemd's process" });
    const machine = new SystemdMachine(folder, group, process, pid);
    await until(
      async () => (await machine.run("systemctl", "is-system-running")).stdout.match(/running|degraded/),
      {
        timeoutMs: 30_000,
        everyMs: 100,
        what: () => `systemd to run\n${process.text()}`,
      },
    );
    return machine;
  }

  /** Runs a command there to its end. */
  async run(...words: string[]): Promise<Ended> {
    const inside = ["-t", String(this.#pid), "-m", "-p", "-C", "-n", "-r", "--wd=/"];
    return await run("nsenter", [...inside, "timeout", "30", ...words]);
  }

  /** Runs systemctl; throws with what it and the service say unless it succeeds. */
  async systemctl(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run("systemctl", "--no-pager", ...words);
    if (code !== 0) {
      throw new Error(`systemctl ${words.join(" ")}: ${code}\n${stdout}${stderr}${await this.log()}`);
    }
    return stdout;
  }

  /** A property of the service: `show("MainPID")`. */
  async show(property: string): Promise<string> {
    return (await this.systemctl("show", "--value", "-p", property, "gunicorn-autoscaler.service")).trim();
  }

  async write(path: string, text: string): Promise<void> {
    const { code, stderr } = await this.run("sh", "-c", 'printf %s "$1" > "$0"', path, text);
    if (code !== 0) throw new Error(stderr);
  }

  /** The body of an answer on the unit's address; throws when there is none. */
  async get(): Promise<string> {
    const script =
      "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8000/', timeout=20).read().decode())";
    const { code, stdout, stderr } = await this.run("/usr/bin/python3", "-c", script);
    if (code !== 0) throw new Error(`${stderr}${await this.log()}`);
    return stdout.trim();
  }

  async log(): Promise<string> {
    return (await this.run("cat", "/run/service.log")).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop("SIGKILL");
    await until(() => removed(this.#group), { what: "an empty control group" });
    await this.#folder[Symbol.asyncDispose]();
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Where control groups of version 2 are mounted. */
async function unifiedGroups(): Promise<string | undefined> {
  for (const path of ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]) {
    if (await exists(`${path}/cgroup.controllers`)) return path;
  }
}

async function sitePackages(environment: string): Promise<string> {
  for await (const entry of Deno.readDir(`${environment}/lib`)) {
    const path = `${environment}/lib/${entry.name}/site-packages`;
    if (await exists(`${path}/gunicorn`)) return path;
  }
  throw new Error(`No gunicorn in ${environment}`);
}

/** Whether the control group is gone with all groups in it; only empty ones can be removed. */
function removed(group: string): boolean {
  for (const entry of Deno.readDirSync(group)) {
    if (entry.isDirectory && !removed(`${group}/${entry.name}`)) return false;
  }
  try {
    Deno.removeSync(group);
    return true;
  } catch {
    return false;
  }
}

function onlyChild(pid: number): number | undefined {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter((one) =>
    one !== ""
  );
  return children.length === 1 ? Number(children[0]) : undefined;
}
