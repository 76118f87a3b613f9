/**
 * Where a process finds its control groups, from /proc/self/cgroup (which groups it is in) and /proc/self/mountinfo
 * (where they are mounted). Version 1 has a tree for each controller, version 2 one for all; hybrid systems have both,
 * and each controller is in one of them.
 */

/** The folders of one controller: the process's own group first, then its visible parents. */
export interface CgroupFolders {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
}

interface Membership {
  /** Empty for version 2. */
  readonly controllers: readonly string[];
  readonly path: string;
}

interface Mount {
  readonly version: 1 | 2;
  /** The group that the mount shows as its top. */
  readonly root: string;
  readonly point: string;
  readonly options: readonly string[];
}

/**
 * The folders of a controller ("cpu", "cpuacct", "memory"); undefined when it is not mounted.
 * @param cgroup text of /proc/self/cgroup
 * @param mountinfo text of /proc/self/mountinfo
 */
export function cgroupFolders(
  cgroup: string,
  mountinfo: string,
  controller: string,
): CgroupFolders | undefined {
  const memberships = parseMemberships(cgroup);
  const mounts = parseMounts(mountinfo);
  const one = memberships.find((membership) => membership.controllers.includes(controller));
  if (one !== undefined) {
    const mount = bestMount(
      mounts.filter((m) => m.version === 1 && m.options.includes(controller)),
      one.path,
    );
    if (mount !== undefined) return { version: 1, folders: foldersUp(mount, one.path) };
  }
  const two = memberships.find((membership) => membership.controllers.length === 0);
  const mount = two && bestMount(mounts.filter((m) => m.version === 2), two.path);
  return two && mount && { version: 2, folders: foldersUp(mount, two.path) };
}

/** Lines of ID:CONTROLLERS:PATH. A named tree without controllers (name=systemd) is skipped. */
function parseMemberships(text: string): Membership[] {
  const memberships: Membership[] = [];
  for (const line of text.split("\n")) {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null || (match[2] === "" && match[1] !== "0")) continue;
    memberships.push({ controllers: match[2] === "" ? [] : match[2]!.split(","), path: match[3]! });
  }
  return memberships;
}

/** Lines of `ID PARENT DEV ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS`. */
function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const [left, right] = line.split(" - ");
    const [, , , root, point] = left!.split(" ");
    const [type, , options] = (right ?? "").split(" ");
    if (root === undefined || point === undefined || (type !== "cgroup" && type !== "cgroup2")) continue;
    mounts.push({
      version: type === "cgroup" ? 1 : 2,
      root: unescaped(root),
      point: unescaped(point),
      options: (options ?? "").split(","),
    });
  }
  return mounts;
}

/** Blanks and the like stand in mountinfo as \040. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

/** The mount that shows the group with the fewest groups above it; any, when none shows it. */
function bestMount(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    if (below(mount.root, path) === undefined) best ??= mount;
    else if (
      best === undefined || below(best.root, path) === undefined || mount.root.length < best.root.length
    ) {
      best = mount;
    }
  }
  return best;
}

/**
 * From the group up to the top of the mount. A path that the mount does not show ("/../x": above the top of our
 * namespace; "/docker/ID" of a container whose own view begins at "/") leaves the top, which is then our own group.
 */
function foldersUp(mount: Mount, path: string): string[] {
  const names = (below(mount.root, path) ?? "").split("/").filter((name) => name !== "" && name !== ".");
  const folders = [mount.point];
  if (!names.includes("..")) {
    for (const name of names) folders.unshift(`${folders[0] === "/" ? "" : folders[0]}/${name}`);
  }
  return folders;
}

/** What of `path` is below `root`; undefined when it is elsewhere. */
function below(root: string, path: string): string | undefined {
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}
