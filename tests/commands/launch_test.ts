import { assertEquals, assertStringIncludes } from "@std/assert";
import { userChangeProblem } from "../../src/commands/launch.ts";

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
