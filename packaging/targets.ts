/** The platforms we ship for, by Deno's own names. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
] as const;

/** One of them. */
export type Target = (typeof TARGETS)[number];

/** Whether we ship for the platform of this name. */
export function isTarget(text: string): text is Target {
  return (TARGETS as readonly string[]).includes(text);
}

/** The platform this runs on. Throws on one that we do not ship for. */
export function hostTarget(): Target {
  const { target } = Deno.build;
  if (isTarget(target)) return target;
  throw new Error(
    `Cannot compile for ${target}: only ${TARGETS.join(", ")} are supported, name one with --target`,
  );
}

/** e_machine of the ELF header -> Deno's name of the processor. */
const ELF_MACHINES = new Map([[62, "x86_64"], [183, "aarch64"]]);
/** cputype of the Mach-O header. */
const MACH_CPUS = new Map([[0x0100_0007, "x86_64"], [0x0100_000c, "aarch64"]]);
const MACH_64 = 0xfeed_facf;
const ELF_MAGIC = 0x464c_457f;

/** The platform an executable is for, from its first 20 bytes; undefined when it is for none of ours. */
export function targetOf(header: Uint8Array<ArrayBuffer>): Target | undefined {
  if (header.length < 20) return undefined;
  const view = new DataView(header.buffer, header.byteOffset);
  const magic = view.getUint32(0, true);
  const elf = magic === ELF_MAGIC ? ELF_MACHINES.get(view.getUint16(18, true)) : undefined;
  const mach = magic === MACH_64 ? MACH_CPUS.get(view.getUint32(4, true)) : undefined;
  const name = elf ? `${elf}-unknown-linux-gnu` : mach ? `${mach}-apple-darwin` : "";
  return isTarget(name) ? name : undefined;
}
