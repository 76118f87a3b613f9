import { assertEquals, assertMatch } from "@std/assert";
import { parseSocketTable, TCP_LISTEN } from "../../src/sensors/queue/socket_table.ts";
import { readLink, readNames, readText, socketInode } from "../../src/sensors/text_file.ts";
import { type Autoscaled, autoscaled } from "../support/autoscaled.ts";
import { compiledBinary } from "../support/builds/binary.ts";
import { freeTcpPort } from "../support/port.ts";
import { until } from "../support/wait.ts";

/** Ports on which a process listens, whoever it may have asked to. */
function listensOn(pid: number): number[] {
  const inodes = new Set(
    readNames(`/proc/${pid}/fd`).map((fd) => socketInode(readLink(`/proc/${pid}/fd/${fd}`) ?? "")),
  );
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((path) => parseSocketTable(readText(path) ?? ""))
    .filter(({ state, inode }) => state === TCP_LISTEN && inodes.has(inode))
    .map(({ localPort }) => localPort);
}

/** What opens an inspector in Deno or Node, or a server in Deno, each with a port of its own. */
const OPENERS: Record<string, (port: number) => string> = {
  NODE_OPTIONS: (port) => `--inspect=127.0.0.1:${port}`,
  DENO_INSPECT: (port) => `127.0.0.1:${port}`,
  DENO_FLAGS: (port) => `--inspect=127.0.0.1:${port}`,
  DENO_SERVE_ADDRESS: (port) => `tcp:127.0.0.1:${port}`,
};

/** Nothing listens, before and after SIGUSR1. gunicorn's answer to the signal shows that ours has been handled. */
async function assertShut(it: Autoscaled): Promise<void> {
  await until(() => listensOn(it.process.pid).length === 0, { what: "no listening port" });
  it.process.signal("SIGUSR1");
  await it.process.line(/Handling signal: usr1/);
  // Deno 2.8 and later opens it on another thread, and we close it: it must be shut in the end and stay so.
  let shutSince: number | undefined;
  let ports: number[] = [];
  await until(() => {
    ports = listensOn(it.process.pid);
    shutSince = ports.length === 0 ? shutSince ?? performance.now() : undefined;
    return shutSince !== undefined && performance.now() - shutSince > 1_000;
  }, { timeoutMs: 30_000, everyMs: 20, what: () => `a second without a listening port, now ${ports}` });
  assertEquals((await it.get("/")).status, 200);
}

function openers(): Record<string, string> {
  return Object.fromEntries(Object.entries(OPENERS).map(([name, value]) => [name, value(freeTcpPort())]));
}

Deno.test("no variable and no signal leaves an inspector or a server open, run from source", async () => {
  await using it = await autoscaled({ own: ["--min-workers", "1"], env: openers() });
  await assertShut(it);
});

Deno.test("no variable and no signal leaves an inspector or a server open in the compiled program", async () => {
  const binary = await compiledBinary();
  if (binary === undefined) return;
  for (const flags of ["", "--inspect", "--expose-gc --allow-natives-syntax"]) {
    await using it = await autoscaled({
      own: ["--min-workers", "1"],
      env: { ...openers(), ...(flags === "" ? {} : { DENO_V8_FLAGS: flags }) },
      wrap: (words) => [binary, ...words.slice(words.indexOf("--runtime-dir"))],
    });
    await assertShut(it);
  }
});

Deno.test("--inspect is no option of ours, wherever it stands before the application", async () => {
  for (const word of ["--inspect", "--inspect-brk", "--inspect=127.0.0.1:9229", "--v8-flags=--inspect"]) {
    await using it = await autoscaled({ own: [word], untilReady: false });
    assertEquals((await it.process.ended).code, 2, word);
    assertMatch(it.process.text("stderr"), /has such an option/);
  }
});
