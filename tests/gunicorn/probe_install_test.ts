import { assertEquals } from "@std/assert";
import { installProbe, readProbe } from "../../src/gunicorn/probe_install.ts";
import { tempDir } from "../support/tempdir.ts";

Deno.test("its owner can enter the probe's folders under any umask, which stays", async () => {
  await using dir = await tempDir();
  const before = Deno.umask(0o177);
  try {
    installProbe(dir.path, readProbe());
    assertEquals(Deno.umask(), 0o177);
  } finally {
    Deno.umask(before);
  }
  for (const folder of ["gunicorn_autoscaler_probe", "gunicorn_autoscaler_probe/drain"]) {
    assertEquals((Deno.statSync(dir.join(folder)).mode ?? 0) & 0o777, 0o700);
  }
});
