import { assertEquals } from "@std/assert";
import { autoscaled } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { runtimeFolder } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";

Deno.test("deciding goes on after a TERM until gunicorn has closed its listeners", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"] });
  await server.untilWorkers(2);
  const socket = `${await runtimeFolder(server)}/control.sock`;
  const ticks = async () =>
    Number(/^gunicorn_autoscaler_ticks_total (\d+)$/m.exec((await get({ socket }, "/metrics")).body)?.[1]);
  await until(async () => await ticks() > 10, { timeoutMs: 30_000, what: "ticks" }); // it knows the listeners by then
  const { master, process } = server;
  Deno.kill(master, "SIGSTOP"); // its hooks may keep it as long
  try {
    process.signal("SIGTERM");
    await process.line(/SIGTERM: passed on to gunicorn/);
    const before = await ticks();
    await until(async () => await ticks() > before + 5, {
      timeoutMs: 20_000,
      what: () => `ticks after the TERM\n${process.text()}`,
    });
  } finally {
    Deno.kill(master, "SIGCONT");
  }
  assertEquals((await process.stop("SIGCONT", 30_000)).code, 0);
});
