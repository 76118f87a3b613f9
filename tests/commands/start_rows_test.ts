import { assertEquals, assertStringIncludes } from "@std/assert";
import { startRows, userChangeProblem } from "../../src/commands/start_rows.ts";

Deno.test("a launcher that gives up root is refused, with where to put it", () => {
  const refused = [
    "gosu www gunicorn",
    "/usr/bin/setpriv --reuid=33 gunicorn",
    "tini -g -- su-exec app gunicorn",
  ];
  for (const line of refused) {
    assertStringIncludes(userChangeProblem(line.split(" "), 0)!, "before gunicorn-autoscaler", line);
    assertEquals(userChangeProblem(line.split(" "), 1000), undefined, "only root can change users");
  }
  for (
    const line of ["gunicorn", "gosu root gunicorn", "setpriv --no-new-privs gunicorn", "uv run gunicorn"]
  ) {
    assertEquals(userChangeProblem(line.split(" "), 0), undefined, line);
  }
});

Deno.test("a row names sockets that systemd opened", () => {
  const rows = startRows({
    words: ["/bin/gunicorn"],
    isProgram: false,
    environment: { LISTEN_FDS: "2", LISTEN_PID: "7" },
    ownPid: 7,
  });
  assertEquals(rows, [["sockets", "2 from systemd: gunicorn serves them, not its --bind"]]);
});
