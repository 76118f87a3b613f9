/** The unit of deploy/systemd, unchanged, under systemd as PID 1: ready, reload, restart, watchdog, stop. */
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { until } from "../support/wait.ts";
import { SystemdMachine } from "./support/systemd_machine.ts";

const obstacle = await SystemdMachine.obstacle();
if (obstacle !== undefined) console.log(`Skipped: systemd is not run as PID 1, ${obstacle}`);

const application = (answer: string) =>
  `def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"${answer}"]
`;
const UNITS = ["gunicorn-autoscaler.socket", "gunicorn-autoscaler.service"];
/** Those that people add to a unit, with the filter that the unit names. */
const RESTRICTED = `[Service]
CapabilityBoundingSet=
LockPersonality=yes
PrivateDevices=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
UMask=0077
`;

for (const gunicorn of ["20.1", "newest"] as const) {
  Deno.test({
    name: `systemd starts, reloads, restarts and stops the service, gunicorn ${gunicorn}`,
    ignore: obstacle !== undefined,
    fn: async () => {
      await using machine = await SystemdMachine.boot(gunicorn);
      await machine.write("/srv/app/main.py", application("one"));

      // Type=notify: start returns once a worker serves.
      await machine.systemctl("start", ...UNITS);
      assertEquals(await machine.get(), "one");
      await until(async () => /^2 of 2 to \d+ workers/.test(await machine.show("StatusText")), {
        what: "the status that systemctl shows",
      });
      const first = await machine.show("MainPID");

      await machine.write("/srv/app/main.py", application("second"));
      await machine.systemctl("reload", "gunicorn-autoscaler");
      await until(async () => await machine.get() === "second", { timeoutMs: 20_000, what: "the new code" });
      assertEquals(await machine.show("MainPID"), first);

      // Killed: systemd starts it again, and its socket keeps who comes meanwhile.
      await machine.systemctl("kill", "--kill-whom=main", "--signal=KILL", "gunicorn-autoscaler");
      assertEquals(await machine.get(), "second");
      const second = await machine.show("MainPID");
      assertNotEquals(second, first);

      // Standing still: the watchdog ends it with all that it started, once it has said that it is ready.
      await until(async () => await machine.show("ActiveState") === "active", {
        what: "the service to be ready",
      });
      await machine.systemctl("kill", "--kill-whom=main", "--signal=STOP", "gunicorn-autoscaler");
      await until(async () => !["0", second].includes(await machine.show("MainPID")), {
        timeoutMs: 60_000,
        everyMs: 200,
        what: "a restart by the watchdog",
      });
      assertEquals(await machine.get(), "second");

      await machine.systemctl("stop", ...UNITS);
      assertEquals(await machine.show("ExecMainStatus"), "0");
      assertEquals(await machine.show("Result"), "success");
      assertEquals(await machine.show("TasksCurrent"), "[not set]");
      assertMatch(await machine.log(), /Shutting down: Master/);
    },
  });
}

Deno.test({
  name: "systemd's restrictions keep it from nothing, and its own user is told how it is",
  ignore: obstacle !== undefined,
  fn: async () => {
    await using machine = await SystemdMachine.boot("newest");
    await machine.write("/srv/app/main.py", application("one"));
    await machine.write("/etc/systemd/system/gunicorn-autoscaler.service.d/restricted.conf", RESTRICTED);
    await machine.systemctl("daemon-reload");
    await machine.systemctl("start", ...UNITS);
    assertEquals(await machine.get(), "one");

    const command = ["env", "--chdir=/", "gunicorn-autoscaler", "status"];
    const asUser = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"];
    const seen = await machine.run(...asUser, ...command);
    assertMatch(seen.stdout, /^main:app .* sync workers/, seen.stderr);
    assertMatch((await machine.run(...command)).stderr, /, but www-data runs one, .* sudo -u www-data /);

    await machine.systemctl("stop", ...UNITS);
    assertEquals(await machine.show("Result"), "success");
  },
});
