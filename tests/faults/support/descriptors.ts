import { assertEquals } from "@std/assert";
import { run } from "../../support/process.ts";

/** Allows a process no descriptor beyond the ones it has; returns the way back. */
export async function withoutDescriptors(pid: number): Promise<() => Promise<void>> {
  const limits = Deno.readTextFileSync(`/proc/${pid}/limits`);
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\S+)/m.exec(limits)!;
  const set = async (value: string) => {
    const { code, stderr } = await run("prlimit", [`--pid=${pid}`, `--nofile=${value}:${hard}`]);
    assertEquals(code, 0, stderr);
  };
  await set("1");
  return () => set(soft!);
}
