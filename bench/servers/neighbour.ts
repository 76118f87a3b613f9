/** Another process on the machine that takes memory for a while. */
import { type Process, start } from "../../tests/support/process.ts";
import type { Neighbour } from "../scenario.ts";

const PROGRAM = "import sys, time; time.sleep(float(sys.argv[1])); taken = b'x' * int(sys.argv[2]); " +
  "time.sleep(float(sys.argv[3]))";

/** Starts it now; undefined where the scenario has none. */
export function startNeighbour(neighbour: Neighbour | undefined): Process | undefined {
  if (neighbour === undefined) return undefined;
  const { fromMs, untilMs, takenMb } = neighbour;
  const seconds = [fromMs / 1000, (untilMs - fromMs) / 1000];
  return start("python3", ["-c", PROGRAM, String(seconds[0]), String(takenMb * 1e6), String(seconds[1])]);
}

/** The share of the machine's memory that leaves this much room beyond what is in use now, as the autoscaler takes it. */
export function memoryShare({ roomMb }: Neighbour): number {
  const text = Deno.readTextFileSync("/proc/meminfo");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)![1]) * 1024;
  return (bytes("MemTotal") - bytes("MemAvailable") + roomMb * 1e6) / bytes("MemTotal");
}
