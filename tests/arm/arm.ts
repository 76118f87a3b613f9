/**
 * The program and the probe on 64-bit ARM, by QEMU's user emulation, with Deno's and Python's arm64 builds:
 * `deno task arm --help`. Our FFI, netlink and file layouts must not be those of x86 alone.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { type ArmMachine, armMachine } from "./machine.ts";

const repository = new URL("../../", import.meta.url).pathname;
const FOLDERS = ["tests/platform", "tests/sensors", "tests/probe/probe_test.ts"];
const TASK = {
  command: "deno task arm",
  action: "run the tests on 64-bit ARM",
  about:
    "Runs the tests of platform, sensors and the probe on ARM, and gunicorn under the program on ARM: it serves, grows " +
    "and ends. Needs root, and qemu-user-static and debootstrap of Debian.",
  options: {},
  examples: [""],
  notes: ["Tests of what QEMU does not emulate are left out: tests/arm/emulated.ts."],
};

async function main(): Promise<number> {
  taskArguments(TASK);
  const machine = await armMachine();
  if (typeof machine === "string") {
    console.log(`Skipped: ${machine}`);
    return 0;
  }
  const [qemu, ...options] = machine.emulator;
  const args = [
    ...options,
    machine.deno,
    "test",
    "-A",
    "--no-check",
    "--preload=tests/arm/emulated.ts",
    ...FOLDERS,
  ];
  const { code } = await new Deno.Command(qemu!, { args, cwd: repository, env: { PYTHON: machine.python } })
    .spawn().status;
  if (code !== 0) return 1;
  await servesGrowsAndEnds(machine);
  console.log("gunicorn on ARM under the program on ARM: it served, grew, and ended with 0");
  return 0;
}

async function servesGrowsAndEnds({ emulator, deno, gunicorn }: ArmMachine): Promise<void> {
  await using folder = await tempDir();
  const script = await folder.write(
    "gunicorn-autoscaler",
    `#!/bin/sh\nexec ${emulator.join(" ")} ${deno} run -A ${repository}main.ts "$@"\n`,
  );
  await Deno.chmod(script, 0o755);
  Deno.env.set("AUTOSCALER_BINARY", script);
  await using server = await autoscaled({
    own: ["--gunicorn", gunicorn, "--min-workers", "1", "--max-workers", "4"],
  });
  await server.untilWorkers(1);
  const answers = Array.from(
    { length: 12 },
    () => get({ port: server.port }, "/sleep/2000", { timeoutMs: 60_000 }),
  );
  for (const answer of answers) answer.catch(() => {});
  await until(() => server.workers().length > 1, {
    timeoutMs: 30_000,
    what: () => `more workers\n${server.log()}`,
  });
  for (const answer of answers) {
    const { status } = await answer;
    if (status !== 200) throw new Error(`A request was answered with ${status}\n${server.log()}`);
  }
  const { code } = await server.process.stop("SIGTERM", 30_000);
  if (code !== 0) throw new Error(`It ended with ${code}\n${server.process.text()}`);
}

if (import.meta.main) Deno.exit(await main());
