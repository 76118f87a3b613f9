/**
 * The program on 64-bit ARM, by QEMU's user emulation and Deno's arm64 build: `deno task arm --help`. Our FFI, netlink and
 * file layouts must not be those of x86 alone. gunicorn stays the machine's own.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { autoscaled } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";
import { tempDir } from "../support/tempdir.ts";
import { makeVenv } from "../support/venv.ts";
import { until } from "../support/wait.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** This very version, as PyPI has it for ARM. */
const DENO = `deno==${Deno.version.deno}`;
const FOLDER = `${repository}.venvs/arm64-${Deno.version.deno}`;
/** From Debian's libgcc-s1-arm64-cross and the libc6 that it depends on. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
const FOLDERS = ["tests/platform", "tests/sensors"];
const TASK = {
  command: "deno task arm",
  action: "run the tests on 64-bit ARM",
  about:
    `Runs ${
      FOLDERS.join(" and ")
    } on ARM, and gunicorn under the program on ARM: it serves, grows and ends. Needs ` +
    "qemu-user-static and libgcc-s1-arm64-cross of Debian.",
  options: {},
  examples: [""],
  notes: ["Tests of what QEMU does not emulate are left out: tests/arm/emulated.ts."],
};

async function main(): Promise<number> {
  taskArguments(TASK);
  const qemu = await findProgram("qemu-aarch64-static") ?? await findProgram("qemu-aarch64");
  if (qemu === undefined || !await exists(`${LIBRARIES}/lib/libgcc_s.so.1`)) {
    console.log("Skipped: qemu-user-static or libgcc-s1-arm64-cross is missing");
    return 0;
  }
  const emulated = [qemu, "-L", LIBRARIES, await armDeno()];
  const args = ["test", "-A", "--no-check", "--preload=tests/arm/emulated.ts", ...FOLDERS];
  const { code } = await new Deno.Command(emulated[0]!, {
    args: [...emulated.slice(1), ...args],
    cwd: repository,
  })
    .spawn().status;
  if (code !== 0) return 1;
  await servesGrowsAndEnds(emulated);
  console.log("gunicorn under the program on ARM: it served, grew, and ended with 0");
  return 0;
}

/** Deno for ARM; downloaded once. */
async function armDeno(): Promise<string> {
  const deno = `${FOLDER}/bin/deno`;
  if (await exists(deno)) return deno;
  const pip = `${await makeVenv(`${repository}.venvs/pip`, [])}/bin/pip`;
  await using folder = await tempDir();
  const how = [
    "--no-deps",
    "--only-binary=:all:",
    "--platform=manylinux_2_27_aarch64",
    "--target",
    folder.path,
  ];
  const { code, stderr } = await run(pip, ["install", "--quiet", ...how, DENO]);
  if (code !== 0) throw new Error(`Cannot get ${DENO} for ARM: ${stderr.trim()}, let pip reach a registry`);
  await Deno.mkdir(`${FOLDER}/bin`, { recursive: true });
  // Whole or not at all: it is renamed when it is there.
  await Deno.copyFile(folder.join("bin/deno"), `${deno}.draft`);
  await Deno.chmod(`${deno}.draft`, 0o755);
  await Deno.rename(`${deno}.draft`, deno);
  return deno;
}

async function servesGrowsAndEnds(emulated: readonly string[]): Promise<void> {
  await using folder = await tempDir();
  const script = await folder.write(
    "gunicorn-autoscaler",
    `#!/bin/sh\nexec ${emulated.join(" ")} run -A ${repository}main.ts "$@"\n`,
  );
  await Deno.chmod(script, 0o755);
  Deno.env.set("AUTOSCALER_BINARY", script);
  await using server = await autoscaled({ own: ["--min-workers", "1", "--max-workers", "4"] });
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

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) Deno.exit(await main());
