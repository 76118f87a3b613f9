/** What docs/platforms.md says of platforms that start and stop the program their own way, tried where it can be. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { autoscaled, program } from "../../support/autoscaled.ts";
import { appsFolder } from "../../support/apps.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { run, start, trySignal } from "../../support/process.ts";
import { children, descendants, isAlive } from "../../support/processes.ts";
import { tempDir } from "../../support/tempdir.ts";
import { bin, makeVenv, venv } from "../../support/venv.ts";
import { until } from "../../support/wait.ts";

const repository = new URL("../../../", import.meta.url).pathname;

Deno.test("supervisord starts it again when it is killed, and its stop lets a request in service finish", async () => {
  const supervisor = await makeVenv(`${repository}.venvs/supervisor`, ["supervisor==4.3.0"]);
  await using folder = await tempDir();
  const port = freeTcpPort();
  const shipped = await Deno.readTextFile(`${repository}deploy/supervisor/gunicorn-autoscaler.conf`);
  const adapted = shipped
    .replace("/usr/local/bin/gunicorn-autoscaler", [...program(), "--runtime-dir", folder.path].join(" "))
    .replace("/srv/app/.venv/bin/gunicorn", bin(await venv("newest"), "gunicorn"))
    .replace("main:app", "wsgi:app")
    .replace("127.0.0.1:8000", `127.0.0.1:${port}`)
    .replace("directory=/srv/app", `directory=${appsFolder}`)
    .replace(/^user=.*$/m, "");
  const config = await folder.write(
    "supervisord.conf",
    `[supervisord]
nodaemon=true
silent=true
user=${Deno.uid()}
logfile=${folder.join("supervisord.log")}
pidfile=${folder.join("supervisord.pid")}
childlogdir=${folder.path}
[unix_http_server]
file=${folder.join("supervisor.sock")}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${folder.join("supervisor.sock")}
${adapted}`,
  );
  await using daemon = start(bin(supervisor, "supervisord"), ["-c", config]);
  const log = () => Deno.readTextFileSync(folder.join("supervisord.log"));
  const answers = () => get({ port }, "/").then((answer) => answer.status === 200, () => false);
  await until(answers, { timeoutMs: 30_000, what: () => `an answer\n${log()}` });

  const [first] = children(daemon.pid);
  const family = descendants(first!);
  Deno.kill(first!, "SIGKILL");
  await until(() => children(daemon.pid).some((pid) => pid !== first), { what: () => `a second\n${log()}` });
  await until(() => !family.some(isAlive), { what: "the end of what the first had started" });
  await until(answers, { timeoutMs: 30_000, what: () => `an answer of the second\n${log()}` });

  const before = descendants(daemon.pid);
  const slow = get({ port }, "/sleep/2000");
  await until(() => isAccepted(port), { what: "the request's connection" });
  const stopped = await run(bin(supervisor, "supervisorctl"), ["-c", config, "stop", "app"]);
  assertStringIncludes(stopped.stdout, "app: stopped");
  assertEquals((await slow).status, 200);
  assertStringIncludes(log(), "exit status 0");
  assertEquals(before.filter(isAlive), []);
  assertEquals((await daemon.stop("SIGTERM")).code, 0);
});

for (const probe of ["on", "off"]) {
  Deno.test(`probe ${probe}: TERM to every process at once, twice, as Heroku does: the request is answered, exit 0`, async () => {
    await using server = await autoscaled({
      own: ["--probe", probe, "--min-workers", "2"],
    });
    const family = descendants(server.process.pid);
    const slow = server.get("/sleep/1500");
    await until(() => isAccepted(server.port), { what: "the request's connection" });
    for (let time = 0; time < 2; time++) {
      for (const { pid } of [{ pid: server.process.pid }, ...family]) trySignal(pid, "SIGTERM");
    }
    assertEquals((await slow).status, 200, server.process.text());
    assertEquals((await server.process.exited).code, 0, server.process.text());
    assertEquals(family.filter(isAlive), []);
  });
}

/** Whether a worker has accepted a connection to the port: it is established, and its socket is of a process. */
function isAccepted(port: number): boolean {
  const local = port.toString(16).toUpperCase().padStart(4, "0");
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").some((line) => {
    const words = line.trim().split(/\s+/);
    return words[1]?.endsWith(`:${local}`) && words[3] === "01" && words[9] !== "0";
  });
}
