/** Signals, as people and terminals send them. */
import { assertEquals } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { until } from "../support/wait.ts";
import { fault, timed } from "./support/fault.ts";
import { Load } from "./support/load.ts";
import { startJob } from "./support/inner.ts";
import { stateOf, untilBooted, untilGone, untilGrown, untilServing } from "./support/steady.ts";

fault(
  "USR1, USR2 and WINCH under load",
  "USR1 and WINCH are passed on, USR2 is refused, no request is lost, no worker is replaced",
  async () => {
    await using server = await autoscaled({ own: ["--min-workers", "2", "--max-workers", "2"] });
    await untilBooted(server, 2);
    const before = server.workers();
    await using load = new Load(server.port, 30, "/sleep/20");
    const { process } = server;
    for (
      const [signal, line] of [
        ["SIGUSR1", /Handling signal: usr1/],
        ["SIGUSR2", /Cannot pass on SIGUSR2/],
        ["SIGWINCH", /Handling signal: winch/],
      ] as const
    ) {
      process.signal(signal);
      await process.line(line, { timeoutMs: 40_000 });
    }
    const { answered } = load;
    await load.until(() => load.answered > answered + 30);
    assertEquals(server.workers(), before);
    await load.stop();
    assertEquals(load.failures, []);
  },
);

fault("QUIT", "all end at once with exit code 0, long requests included", async () => {
  await using server = await autoscaled({ own: ["--min-workers", "2"] });
  await untilBooted(server, 2);
  const family = server.process.family();
  const load = new Load(server.port, 20, "/sleep/20000");
  await load.until(() => load.sent >= 4);
  const ended = load.stop();
  const steadyMs = await timed(async () => {
    server.process.signal("SIGQUIT");
    await untilGone(family, server.port);
  });
  assertEquals((await server.process.exited).code, 0, server.process.text());
  await ended;
  return steadyMs;
});

for (const [keys, signal] of [["Ctrl-C", "SIGINT"], ["Ctrl-\\", "SIGQUIT"]] as const) {
  fault(
    `${keys} in a terminal (signals the process group)`,
    "all end with exit code 0, and the port is free",
    async () => {
      await using server = await startJob(["--min-workers", "3"]);
      await untilServing(server, 3);
      const family = server.process.family();
      const steadyMs = await timed(async () => {
        Deno.kill(-server.pid, signal);
        await untilGone(family, server.port);
      });
      assertEquals((await server.process.exited).code, 0, server.process.text());
      return steadyMs;
    },
  );
}

fault(
  "Ctrl-Z in a terminal, and fg",
  "requests sent meanwhile are answered, no worker is replaced, and scaling goes on",
  async () => {
    await using server = await startJob(["--min-workers", "2", "--max-workers", "6"]);
    await untilBooted(server, 2);
    const before = server.workers();
    await using load = new Load(server.port, 20, "/sleep/20");
    Deno.kill(-server.pid, "SIGTSTP");
    const all = [server.pid, server.master, ...before];
    await until(() => all.every((pid) => stateOf(pid) === "T"), {
      timeoutMs: 40_000,
      what: "the stop of all",
    });
    const { sent } = load;
    await until(() => load.sent > sent + 40, { timeoutMs: 40_000, what: "2 s of load" });
    Deno.kill(-server.pid, "SIGCONT");
    const steadyMs = await timed(() => untilGrown(server, 2));
    assertEquals(server.workers().filter((pid) => before.includes(pid)), before);
    await load.stop();
    assertEquals(load.failures, []);
    return steadyMs;
  },
);
