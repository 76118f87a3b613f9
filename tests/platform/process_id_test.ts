import { assertEquals } from "@std/assert";
import { isAlive, isForkOnly, processOf } from "../../src/platform/process_id.ts";
import { until } from "../support/wait.ts";

Deno.test("this process lives", () => assertEquals(isAlive(processOf(Deno.pid)!), true));

Deno.test("a process that started at another time is not this one", () => {
  assertEquals(isAlive({ pid: Deno.pid, startTicks: 1 }), false);
});

Deno.test("a pid that none has is no process", () => assertEquals(processOf(2 ** 30), undefined));

Deno.test("a fork is told from a program that was started", async () => {
  const script = "import os,time\npid = os.fork()\nprint(pid, flush=True) if pid else None\ntime.sleep(60)";
  const parent = new Deno.Command("python3", { args: ["-c", script], stdin: "null", stdout: "piped" })
    .spawn();
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  try {
    assertEquals([isForkOnly(pid), isForkOnly(parent.pid), isForkOnly(2 ** 30)], [true, false, false]);
  } finally {
    Deno.kill(pid, "SIGKILL");
    parent.kill("SIGKILL");
    await reader.cancel();
    await parent.status;
  }
});

Deno.test("a zombie does not live", async () => {
  // The shell becomes sleep, which does not wait for the child that it has from it.
  const script = "sleep 60 & echo $!; exec sleep 60";
  const parent = new Deno.Command("sh", { args: ["-c", script], stdin: "null", stdout: "piped" }).spawn();
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  const child = processOf(pid)!;
  const program = () => Deno.readTextFileSync(`/proc/${parent.pid}/comm`).trim();
  await until(() => program() === "sleep", { what: "the parent's exec" });
  Deno.kill(pid, "SIGKILL");
  try {
    await until(() => !isAlive(child), { what: "the end of the child" });
    assertEquals(processOf(pid), child);
  } finally {
    parent.kill("SIGKILL");
    await reader.cancel();
    await parent.status;
  }
});
