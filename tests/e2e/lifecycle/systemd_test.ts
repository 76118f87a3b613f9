/** What systemd gives and wants: its sockets reach gunicorn, and its notify socket hears of us alone. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { appsFolder } from "../../support/apps.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort, freeUdpPort } from "../../support/port.ts";
import { type Process, start } from "../../support/process.ts";
import { findProgram } from "../../support/program.ts";
import { tempDir } from "../../support/tempdir.ts";
import { venv, type VenvName } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";
import { PATIENCE_MS, sleepy } from "../sleep/support.ts";

const VERSIONS = ["20.1", "23", "newest"] as const satisfies readonly VenvName[];
const activate = await findProgram("systemd-socket-activate");
if (activate === undefined) {
  console.log("Skipped: systemd-socket-activate is missing, no socket is activated");
}

const notify = await findProgram("systemd-notify");
if (notify === undefined) console.log("Skipped: systemd-notify is missing, our notices are not compared");

const LAUNCHER = "sh -c 'gunicorn \"$@\"; exit $?' sh";
const WAYS: readonly [name: string, own: () => readonly string[]][] = [
  ["gunicorn", () => []],
  ["gunicorn below a launcher", () => ["--gunicorn", LAUNCHER]],
  [
    "gunicorn without the probe",
    // One worker, which has answered: gunicorn up to 23 loses a TERM that meets a worker's start.
    () => ["--probe", "off", "--min-workers", "1", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`],
  ],
];

// It hands on next to nothing of the environment; Deno needs its cache.
const DENO_VARIABLES = ["DENO_DIR", "DENO_TLS_CA_STORE"].flatMap((name) => ["-E", name]);

for (const version of VERSIONS) {
  for (const [name, own] of WAYS) {
    Deno.test({
      name: `socket activation: ${name} ${version} serves the socket that systemd opened`,
      ignore: activate === undefined,
      fn: async () => {
        await using folder = await tempDir();
        const path = await venv(version);
        const port = freeTcpPort();
        const words = [
          ...program(),
          "--runtime-dir",
          folder.path,
          ...own(),
          "wsgi:app",
          "--chdir",
          appsFolder,
        ];
        await using process = start(activate!, ["-l", `127.0.0.1:${port}`, ...DENO_VARIABLES, ...words], {
          env: { PATH: `${path}/bin:${Deno.env.get("PATH")}` },
        });
        await process.line(/Listening on/);
        assertEquals((await get({ port }, "/", { timeoutMs: 30_000 })).status, 200, process.text());
        await process.line(new RegExp(`Listening at: http://127\\.0\\.0\\.1:${port}`));
        assertEquals((await process.stop("SIGTERM", 20_000)).code, 0);
      },
    });
  }
}

/** What the notify socket heard, without the sender. */
function heard(socket: Process): string[] {
  return socket.lines.slice(1).map((line) => line.text.replace(/^\d+ /, ""));
}

for (const version of VERSIONS) {
  Deno.test(`notify: ready, reloading, ready again, status, alive and stopping, gunicorn ${version}`, async () => {
    await using folder = await tempDir();
    const name = version === "newest" ? `@ga-test-${crypto.randomUUID()}` : folder.join("notify");
    const python = `${await venv("newest")}/bin/python`;
    const script = new URL("../../support/notify_socket.py", import.meta.url).pathname;
    await using socket = start(python, [script, name]);
    await socket.line(/^listening$/);
    await using server = await autoscaled({
      venv: version,
      env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: "2000000" },
    });
    await socket.line(/ READY=1$/);
    await socket.line(/ WATCHDOG=1$/);
    await socket.line(/ STATUS=2 of 2 to \d+ workers, [\d.]+ requests\/s/);
    const environment = Deno.readTextFileSync(`/proc/${server.master}/environ`);
    assert(!/(^|\0)(NOTIFY_SOCKET|WATCHDOG_USEC)=/.test(environment), environment);
    const from = socket.mark();
    server.process.signal("SIGHUP");
    const [, usec] = await socket.line(/ RELOADING=1;MONOTONIC_USEC=(\d+)$/, { from });
    const uptimeS = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]);
    assert(Math.abs(Number(usec) / 1e6 - uptimeS) < 30, `${usec} us, up for ${uptimeS} s`);
    await socket.line(/ READY=1$/, { from: from + 1 });
    assertEquals((await server.process.stop("SIGTERM", 20_000)).code, 0);
    await socket.line(/ STOPPING=1;/);
    const senders = new Set(socket.lines.slice(1).map((line) => line.text.split(" ")[0]));
    assertEquals([...senders], [String(server.process.pid)], socket.text());
    assertMatch(heard(socket).find((text) => text.includes("READY=1"))!, /^READY=1$/);
  });
}

Deno.test({
  name: "notify: readiness and status are told as systemd-notify tells them",
  ignore: notify === undefined,
  fn: async () => {
    await using folder = await tempDir();
    const name = folder.join("notify");
    const script = new URL("../../support/notify_socket.py", import.meta.url).pathname;
    await using socket = start(`${await venv("newest")}/bin/python`, [script, name]);
    await socket.line(/^listening$/);
    await using server = await autoscaled({ env: { NOTIFY_SOCKET: name } });
    await socket.line(/^\d+ READY=1$/);
    const [, status] = await socket.line(/^\d+ STATUS=(.*workers.*)$/);
    assertEquals((await server.process.stop("SIGTERM", 20_000)).code, 0);
    const from = socket.mark();
    const args = ["--ready", `--status=${status}`];
    await using told = start(notify!, args, { env: { NOTIFY_SOCKET: name } });
    assertEquals((await told.ended).code, 0);
    const [, theirs] = await socket.line(/^\d+ (READY=1.*)$/, { from });
    assertEquals(theirs, `READY=1;STATUS=${status}`);
  },
});

Deno.test("notify: a reload while asleep has ended once gunicorn has carried it out", async () => {
  await using folder = await tempDir();
  const name = folder.join("notify");
  const script = new URL("../../support/notify_socket.py", import.meta.url).pathname;
  await using socket = start(`${await venv("newest")}/bin/python`, [script, name]);
  await socket.line(/^listening$/);
  await using server = await sleepy({ env: { NOTIFY_SOCKET: name } });
  await socket.line(/ STATUS=asleep$/, { timeoutMs: PATIENCE_MS });
  const from = socket.mark();
  server.process.signal("SIGHUP");
  await socket.line(/ RELOADING=1;/, { from });
  await socket.line(/ READY=1$/, { from, timeoutMs: PATIENCE_MS });
  assertEquals(server.workers(), []);
});

Deno.test("notify: asleep, where it ticks once a second, the shortest watchdog is fed in its time", async () => {
  await using folder = await tempDir();
  const name = folder.join("notify");
  const script = new URL("../../support/notify_socket.py", import.meta.url).pathname;
  await using socket = start(`${await venv("newest")}/bin/python`, [script, name]);
  await socket.line(/^listening$/);
  await using server = await sleepy({ env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: "1000000" } });
  await socket.line(/ STATUS=asleep$/, { timeoutMs: PATIENCE_MS });
  const from = socket.mark();
  const fedMs = () =>
    socket.lines.slice(from).filter(({ text }) => text.endsWith(" WATCHDOG=1")).map(({ atMs }) => atMs);
  await until(() => fedMs().length > 6, { timeoutMs: PATIENCE_MS, what: "more of the watchdog's notices" });
  const pauses = fedMs().slice(1).map((atMs, i) => atMs - fedMs()[i]!);
  assert(Math.max(...pauses) < 1_000, `${pauses}`);
  assertEquals(server.workers(), []);
});

Deno.test("notify without the probe: ready, and ready again after a HUP; a socket that is gone stops nothing", async () => {
  await using folder = await tempDir();
  const name = folder.join("notify");
  const python = `${await venv("newest")}/bin/python`;
  const script = new URL("../../support/notify_socket.py", import.meta.url).pathname;
  const socket = start(python, [script, name]);
  await using server = await socket.line(/^listening$/).then(() =>
    autoscaled({
      own: ["--probe", "off", "--statsd-addr", `127.0.0.1:${freeUdpPort()}`],
      env: { NOTIFY_SOCKET: name },
    })
  );
  await socket.line(/ READY=1$/);
  const from = socket.mark();
  server.process.signal("SIGHUP");
  await socket.line(/ RELOADING=1;/, { from });
  await socket.line(/ READY=1$/, { from: from + 1 });
  assert(!socket.text().includes("WATCHDOG"), "no watchdog was asked for");
  await socket[Symbol.asyncDispose]();
  assertEquals((await server.get("/")).status, 200);
  assertEquals((await server.process.stop("SIGTERM", 20_000)).code, 0);
  await until(() => !server.log().includes("failed"), { what: "a loop without an error" });
});

for (const env of [{}, { NOTIFY_SOCKET: "/nonexistent", WATCHDOG_USEC: "60000000" }]) {
  Deno.test(`with setproctitle and ${JSON.stringify(env)} processes have the titles that gunicorn gives them`, async () => {
    await using server = await autoscaled({ venv: "23-titles", env });
    const title = (pid: number) =>
      Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trimEnd();
    const titles = () => [server.master, ...server.workers()].map(title);
    await until(() => titles().every((one) => /^gunicorn: (master|worker) \[wsgi:app\]$/.test(one)), {
      what: () => `titles, they are ${titles()}`,
    });
  });
}
