import { assertEquals } from "@std/assert";
import { activatedSockets, withCmdArgs } from "../../src/gunicorn/service_environment.ts";

Deno.test("our config follows what GUNICORN_CMD_ARGS has", () => {
  assertEquals(withCmdArgs({ GUNICORN_CMD_ARGS: "-w 3" }, "/run/conf.py"), {
    GUNICORN_CMD_ARGS: "-w 3 -c /run/conf.py",
  });
});

Deno.test("a path that a shell would split or read is quoted as Python's shlex does", () => {
  assertEquals(withCmdArgs({}, "/my run/it's.py").GUNICORN_CMD_ARGS, ` -c '/my run/it'"'"'s.py'`);
});

Deno.test("sockets that systemd opened for us are counted", () => {
  assertEquals(activatedSockets({ LISTEN_PID: "7", LISTEN_FDS: "2" }, 7), 2);
});

Deno.test("sockets of another process are none of ours", () => {
  assertEquals(activatedSockets({ LISTEN_PID: "8", LISTEN_FDS: "2" }, 7), 0);
});

Deno.test("a number of sockets that is none counts as none", () => {
  for (const sockets of ["", "-1", "1.5", "two"]) {
    assertEquals(activatedSockets({ LISTEN_PID: "7", LISTEN_FDS: sockets }, 7), 0, sockets);
  }
});
