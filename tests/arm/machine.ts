/** Python, libraries and Deno of an ARM machine; unpacked once below `.venvs/`, installed nowhere. */
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";
import { tempDir } from "../support/tempdir.ts";
import { bin, makeVenv, venv } from "../support/venv.ts";

const venvs = new URL("../../.venvs/", import.meta.url).pathname;
const FOLDER = `${venvs}arm64-${Deno.version.deno}`;
const ROOT = `${FOLDER}/debian`;
/** This very version, as PyPI has it for ARM. */
const DENO = `deno==${Deno.version.deno}`;
const [RELEASE, MIRROR] = ["bookworm", "http://deb.debian.org/debian"];
/** Of all that debootstrap downloads. QEMU looks for every path in the folder first: it must hold no /tmp, /proc or /etc. */
const UNPACKED = /^(lib|python3|zlib1g)/;
const KEPT = ["lib", "usr/lib", "usr/bin"];

/** Words and programs of the emulated machine. */
export interface ArmMachine {
  /** What an ARM program stands behind: the emulator and its options. */
  readonly emulator: readonly string[];
  readonly deno: string;
  /** A script that is ARM's Python. */
  readonly python: string;
  /** A script that is gunicorn on ARM's Python. */
  readonly gunicorn: string;
}

/** The machine, made when it is missing; a string says what it lacks. */
export async function armMachine(): Promise<ArmMachine | string> {
  const qemu = await findProgram("qemu-aarch64-static") ?? await findProgram("qemu-aarch64");
  if (qemu === undefined) return "qemu-user-static is missing";
  if (await findProgram("debootstrap") === undefined || Deno.uid() !== 0) {
    return "debootstrap is missing, or this is not root";
  }
  const emulator = [qemu, "-L", ROOT];
  const machine = {
    emulator,
    deno: `${FOLDER}/bin/deno`,
    python: `${FOLDER}/bin/python3`,
    gunicorn: `${FOLDER}/bin/gunicorn`,
  };
  if (await exists(machine.gunicorn)) return machine; // the last that is made
  await Deno.mkdir(`${FOLDER}/bin`, { recursive: true });
  await unpackDebian();
  await unpackDeno(machine.deno);
  // -0: so that Python's sys.executable is the script, which can be started again.
  const home = `PYTHONHOME=${ROOT}/usr`;
  const behind = `exec ${qemu} -0 "$0" -L ${ROOT} ${ROOT}/usr/bin/python3`;
  await script(machine.python, `${home} ${behind} "$@"`);
  const [library] = [...Deno.readDirSync(`${await venv("newest")}/lib`)].map(({ name }) => name);
  const packages = `${await venv("newest")}/lib/${library}/site-packages`;
  await script(
    machine.gunicorn,
    `PYTHONPATH=${packages} exec ${machine.python} ${bin(await venv("newest"), "gunicorn")} "$@"`,
  );
  return machine;
}

async function unpackDebian(): Promise<void> {
  await using folder = await tempDir();
  const words = [
    ...["--arch=arm64", "--foreign", "--variant=minbase", "--include=python3"],
    ...[RELEASE, folder.join("root"), MIRROR],
  ];
  await succeeded("debootstrap", words, "let it reach a mirror of Debian");
  const archives = folder.join("root/var/cache/apt/archives");
  const whole = folder.join("whole");
  for (const { name } of Deno.readDirSync(archives)) {
    if (!UNPACKED.test(name)) continue;
    await succeeded("dpkg-deb", ["--extract", `${archives}/${name}`, whole], "try again");
  }
  await Deno.remove(ROOT, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${ROOT}/usr`, { recursive: true });
  for (const path of KEPT) await succeeded("cp", ["-a", `${whole}/${path}`, `${ROOT}/${path}`], "try again");
}

async function unpackDeno(path: string): Promise<void> {
  const pip = bin(await makeVenv(`${venvs}pip`, []), "pip");
  await using folder = await tempDir();
  const how = ["--no-deps", "--only-binary=:all:", "--platform=manylinux_2_27_aarch64"];
  await succeeded(
    pip,
    ["install", "--quiet", ...how, "--target", folder.path, DENO],
    "let pip reach a registry",
  );
  await Deno.copyFile(folder.join("bin/deno"), path);
  await Deno.chmod(path, 0o755);
}

async function script(path: string, line: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${line}\n`);
  await Deno.chmod(path, 0o755);
}

async function succeeded(program: string, args: readonly string[], advice: string): Promise<void> {
  const { code, stdout, stderr } = await run(program, args);
  if (code === 0) return;
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-3).join("; ");
  throw new Error(`Cannot make the ARM machine: ${program} ended with ${code} (${said}), ${advice}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
