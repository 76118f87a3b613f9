import { assertEquals } from "@std/assert";
import { EarlySignals } from "../../src/platform/early_signals.ts";
import { until } from "../support/wait.ts";

Deno.test("signals that come before their handlers wait for them, and are handled once", async () => {
  using early = new EarlySignals();
  let isThere = false;
  const last = () => isThere = true;
  Deno.addSignalListener("SIGUSR2", last);
  for (const signal of ["SIGHUP", "SIGTERM", "SIGUSR2"] as const) {
    isThere = false;
    Deno.kill(Deno.pid, signal);
    if (signal !== "SIGUSR2") Deno.kill(Deno.pid, "SIGUSR2");
    await until(() => isThere, { what: "a signal" });
  }
  Deno.removeSignalListener("SIGUSR2", last);
  const came: Deno.Signal[] = [];
  early.handOver((signal) => came.push(signal));
  assertEquals(came.filter((signal) => signal !== "SIGUSR2").sort(), ["SIGHUP", "SIGTERM"]);
  early.handOver((signal) => came.push(signal));
  assertEquals(came.filter((signal) => signal === "SIGTERM").length, 1);
});
