import { assertEquals } from "@std/assert";
import { AcceptQueue, readListenRows } from "../../../src/sensors/queue/accept_queue.ts";
import { FakeRoot } from "../machine/fake_root.ts";
import { temporaryFolder } from "../probe/shared_pages.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
const LISTEN = "0A";

function line(state: string, port: number, queued: number, inode: number, digits = 8): string {
  const hex = (n: number, width: number) => n.toString(16).toUpperCase().padStart(width, "0");
  const any = "0".repeat(digits);
  return `   0: ${any}:${hex(port, 4)} ${any}:0000 ${state} 00000000:${
    hex(queued, 8)
  } 00:00000000 00000000  1000        0 ${inode} 1 00000000b385ae50 100 0 0 10 0`
    .padEnd(149) + "\n";
}

const MASTER = 50;

Deno.test("The queue is that of the listeners the master holds, TCP over IPv4 and IPv6 together", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 5, 111) + line(LISTEN, 22, 9, 222) +
      line("01", 8000, 77, 333),
    "proc/net/tcp6": HEADER + line(LISTEN, 8000, 2, 444, 32),
    "proc/50/fd/0": { link: "/dev/null" },
    "proc/50/fd/5": { link: "socket:[111]" },
    "proc/50/fd/6": { link: "socket:[444]" },
    "proc/50/fd/7": { link: "pipe:[222]" },
  });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.read(MASTER, [], 0), 7);
});

Deno.test("With reuse_port the sockets of all workers count, also of one forked since", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 1, 111) + line(LISTEN, 8000, 2, 112),
    "proc/50/fd/0": { link: "/dev/null" },
    "proc/51/fd/5": { link: "socket:[111]" },
    "proc/52/fd/5": { link: "socket:[112]" },
  });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.read(MASTER, [51, 52], 0), 3);
  root.write({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 1, 111) + line(LISTEN, 8000, 2, 112) +
      line(LISTEN, 8000, 4, 113),
  });
  assertEquals(queue.read(MASTER, [51, 52], 100), 7);
});

Deno.test("Another service with the same port on another address is none of gunicorn's", () => {
  const second = line(LISTEN, 8000, 40, 222).replace(": 00000000:", ": 0200007F:");
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 5, 111) + second,
    "proc/50/fd/5": { link: "socket:[111]" },
  });
  assertEquals(new AcceptQueue(root.path).read(MASTER, [], 0), 5);
});

Deno.test("A worker's own listener, such as a metrics page, is none of gunicorn's", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 1, 111) + line(LISTEN, 9090, 50, 555),
    "proc/50/fd/5": { link: "socket:[111]" },
    "proc/51/fd/5": { link: "socket:[111]" },
    "proc/51/fd/9": { link: "socket:[555]" },
  });
  assertEquals(new AcceptQueue(root.path).read(MASTER, [51], 0), 1);
});

Deno.test("Before gunicorn listens the queue is unknown; it is found soon after", () => {
  using root = new FakeRoot({ "proc/net/tcp": HEADER + line(LISTEN, 22, 3, 222) });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.read(MASTER, [], 1000), "unknown");
  root.write({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 0, 111),
    "proc/50/fd/5": { link: "socket:[111]" },
  });
  assertEquals(queue.read(MASTER, [], 1100), "unknown", "not looked for at every tick");
  assertEquals(queue.read(MASTER, [], 1200), 0);
});

Deno.test("After a reload on another port the new listener is found", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 1, 111),
    "proc/50/fd/5": { link: "socket:[111]" },
  });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.read(MASTER, [], 0), 1);
  root.write({
    "proc/net/tcp": HEADER + line(LISTEN, 9000, 2, 666),
    "proc/50/fd/8": { link: "socket:[666]" },
  });
  assertEquals(queue.read(MASTER, [], 100), "unknown");
  assertEquals(queue.read(MASTER, [], 300), 2);
});

Deno.test("Without the kernel's tables the queue is unknown", () => {
  using root = new FakeRoot({ "proc/50/fd/5": { link: "socket:[111]" } });
  assertEquals(new AcceptQueue(root.path).read(MASTER, [], 0), "unknown");
});

Deno.test("A table is read on while its lines are LISTEN lines, and no further", () => {
  const listening = (count: number) =>
    Array.from({ length: count }, (_, i) => line(LISTEN, 8000 + i, i, 1000 + i));
  using root = new FakeRoot({
    many: HEADER + listening(300).join(""),
    few: HEADER + listening(30).join("") + line("01", 1, 1, 1).repeat(100) + line(LISTEN, 7, 7, 7),
    cut: HEADER + listening(30).join("").slice(0, -80),
    empty: "",
  });
  assertEquals(readListenRows(`${root.path}/many`)?.length, 300);
  assertEquals(readListenRows(`${root.path}/many`)?.at(-1), {
    inode: 1299,
    address: "00000000",
    port: 8299,
    queued: 299,
  });
  assertEquals(readListenRows(`${root.path}/few`)?.length, 30);
  assertEquals(readListenRows(`${root.path}/cut`)?.length, 29);
  assertEquals(readListenRows(`${root.path}/empty`), []);
  assertEquals(readListenRows(`${root.path}/missing`), undefined);
});

Deno.test("On this machine connections that are not accepted are counted: TCP, TCP over IPv6 and unix", async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.sock`;
  const listeners = [
    Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    Deno.listen({ hostname: "::1", port: 0 }),
    Deno.listen({ transport: "unix", path }),
  ];
  const queue = new AcceptQueue();
  assertEquals(queue.read(Deno.pid, [], 0), 0);
  const [four, six] = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  const connections: Deno.Conn[] = [
    await Deno.connect({ hostname: "127.0.0.1", port: four! }),
    await Deno.connect({ hostname: "127.0.0.1", port: four! }),
    await Deno.connect({ hostname: "::1", port: six! }),
    await Deno.connect({ transport: "unix", path }),
    await Deno.connect({ transport: "unix", path }),
    await Deno.connect({ transport: "unix", path }),
  ];
  assertEquals(queue.read(Deno.pid, [], 100), 6);
  connections.push(await listeners[2]!.accept());
  assertEquals(queue.read(Deno.pid, [], 200), 5);
  for (const connection of connections) connection.close();
  for (const listener of listeners) listener.close();
  queue.close();
});

Deno.test("Two services on one port of 127.0.0.1 and 127.0.0.2 have a queue each, by netlink too", async () => {
  const ours = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = ours.addr as Deno.NetAddr;
  // Held by another process: what this one holds is gunicorn's here.
  const script =
    `import socket, sys; s = socket.create_server(("127.0.0.2", ${port})); print("up", flush=True); sys.stdin.read()`;
  const other = new Deno.Command("python3", { args: ["-c", script], stdin: "piped", stdout: "piped" })
    .spawn();
  const out = other.stdout.getReader();
  await out.read();
  const waiting = [
    await Deno.connect({ hostname: "127.0.0.1", port }),
    await Deno.connect({ hostname: "127.0.0.2", port }),
    await Deno.connect({ hostname: "127.0.0.2", port }),
  ];
  const queue = new AcceptQueue();
  try {
    assertEquals(queue.read(Deno.pid, [], 0), 1);
  } finally {
    queue.close();
    for (const connection of waiting) connection.close();
    ours.close();
    other.kill("SIGKILL");
    await Promise.all([out.cancel(), other.stdin.close().catch(() => {}), other.status]);
  }
});

Deno.test("A master that has closed its listeners differs from one that listens and from one that never had any", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 0, 111) + line(LISTEN, 9000, 0, 112),
    "proc/50/fd/5": { link: "socket:[111]" },
    "proc/51/fd/5": { link: "socket:[112]" },
    "proc/52/fd/5": { link: "/dev/null" },
  });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.isHeldBy(MASTER), undefined);
  queue.read(MASTER, [], 0);
  assertEquals([queue.isHeldBy(MASTER), queue.isHeldBy(52)], [true, false]);
  const ofWorkers = new AcceptQueue(root.path);
  ofWorkers.read(52, [51], 0);
  assertEquals(ofWorkers.isHeldBy(52), undefined);
});

Deno.test("A listener that the master opens a moment after another one is found at once", () => {
  using root = new FakeRoot({
    "proc/net/tcp": HEADER + line(LISTEN, 8000, 1, 111) + line(LISTEN, 9000, 4, 112),
    "proc/50/fd/5": { link: "socket:[111]" },
  });
  const queue = new AcceptQueue(root.path);
  assertEquals(queue.read(MASTER, [], 0), 1);
  root.write({ "proc/50/fd/6": { link: "socket:[112]" } });
  assertEquals([queue.read(MASTER, [], 100), queue.read(MASTER, [], 300)], [1, 5]);
});
