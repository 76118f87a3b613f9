import { assertEquals } from "@std/assert";
import { cgroupFolders } from "../../../src/sensors/machine/cgroup_paths.ts";

const V2_HOST =
  "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:12 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
`;
const V1_SPLIT = `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
`;
const UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
const DOCKER_V1 =
  `900 880 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct
901 880 0:32 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory
`;

const table: [
  what: string,
  cgroup: string,
  mountinfo: string,
  controller: string,
  folders: string[],
  version: 1 | 2,
][] = [
  ["version 2 in a container with its own namespace", "0::/\n", V2_HOST, "cpu", ["/sys/fs/cgroup"], 2],
  [
    "version 2 in a service of systemd",
    "0::/system.slice/shop.service\n",
    V2_HOST,
    "memory",
    ["/sys/fs/cgroup/system.slice/shop.service", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"],
    2,
  ],
  [
    "version 2, nested deep",
    "0::/a/b/c\n",
    V2_HOST,
    "cpu",
    ["/sys/fs/cgroup/a/b/c", "/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"],
    2,
  ],
  [
    "version 2, the container's group mounted as the top",
    "0::/docker/abc\n",
    V2_HOST.replace(" / ", " /docker/abc "),
    "cpu",
    ["/sys/fs/cgroup"],
    2,
  ],
  [
    "version 2, a group below the one mounted as the top",
    "0::/docker/abc/init\n",
    V2_HOST.replace(" / ", " /docker/abc "),
    "cpu",
    ["/sys/fs/cgroup/init", "/sys/fs/cgroup"],
    2,
  ],
  ["version 2, a group above the namespace", "0::/../other\n", V2_HOST, "cpu", ["/sys/fs/cgroup"], 2],
  [
    "version 2, mounted where there is a blank",
    "0::/x\n",
    V2_HOST.replace("/sys/fs/cgroup", "/my\\040groups"),
    "cpu",
    ["/my groups/x", "/my groups"],
    2,
  ],
  [
    "version 1, two controllers in one tree",
    "4:cpu,cpuacct:/shop\n3:memory:/\n",
    V1,
    "cpuacct",
    ["/sys/fs/cgroup/cpu,cpuacct/shop", "/sys/fs/cgroup/cpu,cpuacct"],
    1,
  ],
  ["version 1, a tree for each", "2:cpuacct:/\n1:cpu:/a\n", V1_SPLIT, "cpu", [
    "/sys/fs/cgroup/cpu/a",
    "/sys/fs/cgroup/cpu",
  ], 1],
  [
    "version 1 in Docker",
    "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n",
    DOCKER_V1,
    "memory",
    ["/sys/fs/cgroup/memory"],
    1,
  ],
  [
    "version 1, the path of a host that this mount does not show",
    "3:memory:/kubepods/pod1/abc\n",
    DOCKER_V1,
    "memory",
    ["/sys/fs/cgroup/memory"],
    1,
  ],
  [
    "a hybrid, the controller in version 1",
    "9:name=systemd:/\n4:memory:/api/x\n1:cpu:/\n0::/\n",
    V1 + UNIFIED,
    "memory",
    ["/sys/fs/cgroup/memory/api/x", "/sys/fs/cgroup/memory/api", "/sys/fs/cgroup/memory"],
    1,
  ],
  [
    "a hybrid, the controller in version 2",
    "9:name=systemd:/\n1:cpuset:/\n0::/app\n",
    V1 + UNIFIED,
    "cpu",
    ["/sys/fs/cgroup/unified/app", "/sys/fs/cgroup/unified"],
    2,
  ],
  [
    "two mounts, one of them of the container's group alone",
    "3:memory:/docker/abc\n",
    DOCKER_V1 + V1,
    "memory",
    ["/sys/fs/cgroup/memory/docker/abc", "/sys/fs/cgroup/memory/docker", "/sys/fs/cgroup/memory"],
    1,
  ],
];

for (const [what, cgroup, mountinfo, controller, folders, version] of table) {
  Deno.test(`Control groups of ${what} are found`, () => {
    assertEquals(cgroupFolders(cgroup, mountinfo, controller), { version, folders });
  });
}

Deno.test("Without control groups none are found", () => {
  assertEquals(cgroupFolders("", "", "cpu"), undefined);
  assertEquals(cgroupFolders("0::/\n", "", "cpu"), undefined);
  assertEquals(cgroupFolders("", V2_HOST, "cpu"), undefined);
  assertEquals(cgroupFolders("3:memory:/\n", V1, "cpu"), undefined);
});
