import { assert, assertEquals } from "@std/assert";
import { autoscaled } from "../../support/autoscaled.ts";
import { get } from "../../support/http.ts";
import { freeTcpPort } from "../../support/port.ts";
import { until } from "../../support/wait.ts";

const IMPORT_SECONDS = 1.5;

for (const gunicorn of [["-k", "sync"], ["-k", "gthread"]]) {
  Deno.test(`/readyz is 503 until a worker has imported the application, ${gunicorn.join(" ")}`, async () => {
    const port = freeTcpPort();
    await using it = await autoscaled({
      own: ["--min-workers", "2", "--status-addr", `127.0.0.1:${port}`, "--fork-server", "off"],
      app: "slow_import:app",
      gunicorn,
      env: { IMPORT_SECONDS: String(IMPORT_SECONDS) },
      untilReady: false,
    });
    const codes = new Set<number>();
    await until(async () => {
      codes.add(await get({ port }, "/readyz").then(({ status }) => status, () => 0));
      return codes.has(200);
    }, { timeoutMs: 60_000, what: () => `a ready worker\n${it.process.text()}` });
    const readyAtMs = performance.now();
    const booting = it.process.lines.find(({ text }) => text.includes("Booting worker"));
    if (booting === undefined) throw new Error("It was ready before gunicorn had a worker");
    assert(
      readyAtMs - booting.atMs > IMPORT_SECONDS * 900,
      `it was ready ${readyAtMs - booting.atMs} ms after the fork`,
    );
    assertEquals([...codes].sort(), [0, 200, 503]);
  });
}

Deno.test("with port 0 the log names the port that was free", async () => {
  await using it = await autoscaled({ own: ["--status-addr", "127.0.0.1:0"] });
  const port = Number(/status: http:\/\/127\.0\.0\.1:([1-9]\d*)\//.exec(it.log())?.[1]);
  assertEquals((await get({ port }, "/livez")).status, 200);
});
