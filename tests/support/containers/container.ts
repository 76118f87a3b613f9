/**
 * A container without an engine: namespaces of its own for processes and mounts, a read-only root, one tmpfs, a user
 * without any privilege. The network is the machine's. All mounts live in the namespace and end with it.
 */
import { run, start } from "../process.ts";
import type { Ended, Process } from "../process.ts";
import { children } from "../processes.ts";
import { until } from "../wait.ts";

export interface ContainerOptions {
  /** Root file system; never written to. */
  readonly root: string;
  /** Files and folders that stand in it read-only, path inside -> path outside; what they cover must exist. */
  readonly files: Record<string, string>;
  /** The one place that can be written: its path, and its options as `--tmpfs` takes them. */
  readonly tmpfs: { readonly path: string; readonly options: string };
  readonly user: string;
  readonly workdir: string;
  /** All of its environment, but for PATH. */
  readonly env: Record<string, string>;
  /** PID 1 and its arguments. */
  readonly words: readonly string[];
}

/** Its arguments: root, tmpfs' path and options, pairs of inside and outside, `--`, the command to end in. */
const ENTER = `set -eu
root=$1 tmpfs=$2 options=$3
shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
while [ "$1" != -- ]; do
  mount --bind "$2" "$root$1"
  mount -o remount,bind,ro "$root$1"
  shift 2
done
shift
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o "$options" tmpfs "$root$tmpfs"
exec chroot "$root" "$@"`;

export class Container implements AsyncDisposable {
  /** Pid of its PID 1, as seen from outside. */
  readonly pid: number;

  private constructor(readonly process: Process, readonly options: ContainerOptions, pid: number) {
    this.pid = pid;
  }

  static async start(options: ContainerOptions): Promise<Container> {
    const { root, files, tmpfs, words } = options;
    const process = start("unshare", [
      ...["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "enter"],
      ...[root, tmpfs.path, tmpfs.options, ...Object.entries(files).flat(), "--"],
      ...[...unprivileged(options), ...words],
    ]);
    const first = () => {
      if (process.hasEnded) throw new Error(`Cannot enter ${root}: ${process.text()}`);
      return children(process.pid)[0];
    };
    return new Container(process, options, await until(first, { what: "PID 1" }));
  }

  /** Runs a command in it, as `docker exec` and health checks do. */
  exec(...words: string[]): Promise<Ended> {
    const enter = [`--target=${this.pid}`, "--mount", "--pid", "--root", "--"];
    return run("nsenter", [...enter, ...unprivileged(this.options), ...words]);
  }

  /** Keeps its file systems while it is in scope, so that what PID 1 left in the tmpfs can be read. */
  holdMounts(): AsyncDisposable & { written(): string[] } {
    const holder = start("nsenter", [`--target=${this.pid}`, "--mount", "sleep", "600"]);
    const { root, tmpfs } = this.options;
    const folder = `/proc/${holder.pid}/root${root}${tmpfs.path}`;
    return {
      written: () => [...Deno.readDirSync(folder)].map((entry) => entry.name),
      [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
    };
  }

  /** Ends PID 1, and so all in it, at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (children(this.process.pid).includes(this.pid)) Deno.kill(this.pid, "SIGKILL");
    await this.process[Symbol.asyncDispose]();
  }
}

/** What goes before a command that has nothing but the container's user and environment. */
function unprivileged({ user, workdir, env }: ContainerOptions): string[] {
  return [
    ...["/usr/bin/setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--no-new-privs"],
    // A change of user takes the parent-death signal away, with which unshare ends what is in its namespaces.
    ...[
      "--pdeathsig=keep",
      "--inh-caps=-all",
      "--bounding-set=-all",
      "/usr/bin/env",
      "-i",
      `--chdir=${workdir}`,
    ],
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  ];
}
