/** What keeps it awake, and what others see of it while it sleeps and wakes. */
import { delay } from "@std/async/delay";
import { assertEquals, assertMatch } from "@std/assert";
import { SLEEP_AFTER_MS } from "../../../bench/endurance/sleep_cycles.ts";
import { workerClasses } from "../../../bench/loss/loss_servers.ts";
import type { Autoscaled } from "../../support/autoscaled.ts";
import { Connection, get } from "../../support/http.ts";
import { trySignal } from "../../support/process.ts";
import { descendants, isAlive } from "../../support/processes.ts";
import { controlSocket } from "../../support/running_commands.ts";
import { until } from "../../support/wait.ts";
import { PATIENCE_MS, sleepy, untilAsleep } from "./support.ts";
import { hasWorker } from "../../support/venv.ts";

/** It would have fallen asleep several times over. */
async function staysAwake(server: Autoscaled): Promise<void> {
  const sleeps = () => server.log().match(/asleep, 0 workers/g)?.length ?? 0;
  const before = sleeps();
  await delay(4 * SLEEP_AFTER_MS);
  assertEquals(sleeps(), before, server.log());
}

for (const name of ["uvicorn", "asgi"] as const) {
  const ignore = !hasWorker("newest", name);
  Deno.test(
    `${name}: an open websocket keeps it awake and works, an event stream too; without them it sleeps`,
    { ignore },
    async () => {
      const { app, gunicorn } = workerClasses[name];
      await using server = await sleepy({ app, gunicorn });
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
      await new Promise((resolve) => socket.onopen = resolve);
      await staysAwake(server);
      const answer = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
      socket.send("still there");
      assertEquals(await answer, "still there");
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
      await untilAsleep(server);
      await using client = await Connection.open({ port: server.port });
      const stream = client.get(`/quiet/${5 * SLEEP_AFTER_MS}`, { timeoutMs: PATIENCE_MS });
      await until(() => server.workers().length > 0, { what: "a worker for the stream" });
      await staysAwake(server);
      assertEquals((await stream).body, "data: begin\n\ndata: end\n\n");
      await untilAsleep(server);
    },
  );
}

Deno.test("a health check sees it alive, ready and without load, asleep and while it wakes", async () => {
  await using server = await sleepy({ app: "slow_import:app" });
  const control = { socket: await controlSocket(server) };
  const checked = async () => {
    const paths = ["/livez", "/readyz"];
    const answers = await Promise.all(paths.map((path) => get(control, path)));
    assertEquals(answers.map(({ status }) => status), [200, 200]);
    return (await get(control, "/metrics")).body;
  };
  await untilAsleep(server);
  const asleep = await checked();
  assertMatch(asleep, /^gunicorn_autoscaler_asleep 1$/m);
  assertMatch(asleep, /^gunicorn_autoscaler_saturation_ratio 0$/m);
  const answer = get({ port: server.port }, "/", { timeoutMs: PATIENCE_MS });
  await server.process.line(/woken by a request/, { timeoutMs: PATIENCE_MS });
  assertMatch(await checked(), /^gunicorn_autoscaler_asleep 0$/m);
  assertEquals((await answer).status, 200);
});

for (const forkServer of ["on", "off"]) {
  Deno.test(`--fork-server ${forkServer}: gunicorn's master killed while asleep ends everything, with its exit code`, async () => {
    await using server = await sleepy({ own: ["--fork-server", forkServer] });
    await untilAsleep(server);
    const left = descendants(server.process.pid);
    trySignal(server.master, "SIGKILL");
    assertEquals((await server.process.exited).code, 137);
    await until(() => !left.some(isAlive), { what: "the end of all that it had started" });
  });
}
