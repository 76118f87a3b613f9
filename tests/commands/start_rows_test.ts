import { assertEquals } from "@std/assert";
import { startRows } from "../../src/commands/start_rows.ts";

Deno.test("a row names sockets that systemd opened", () => {
  const rows = startRows({
    words: ["/bin/gunicorn"],
    isProgram: false,
    environment: { LISTEN_FDS: "2", LISTEN_PID: "7" },
    ownPid: 7,
  });
  assertEquals(rows, [["sockets", "2 from systemd: gunicorn serves them, not its --bind"]]);
});
