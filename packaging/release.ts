/**
 * What a release carries: `deno task release [--target T ...] [--output FOLDER]` compiles for every target, packs each
 * binary as .tar.gz and writes SHA256SUMS. Two runs of one commit give the same bytes.
 */
import { parseArgs } from "@std/cli/parse-args";
import { VERSION } from "../src/version.ts";
import { compile } from "./compile.ts";
import { writeSums } from "./checksums.ts";
import { isTarget, type Target, TARGETS } from "./targets.ts";

/** What is released, where to, and with which runtime if not Deno's own download. */
export interface ReleaseOptions {
  readonly targets: readonly Target[];
  readonly folder: string;
  readonly denort?: string | undefined;
}

/** Fills the folder and returns the names of what is in it. */
export async function release({ targets, folder, denort }: ReleaseOptions): Promise<string[]> {
  if (denort !== undefined && targets.length > 1) {
    throw new Error(
      "Cannot make a release for several targets with DENORT_BIN: it names the runtime of one, unset it or give " +
        "one --target",
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  const names: string[] = [];
  for (const target of targets) {
    const name = `gunicorn-autoscaler-${VERSION}-${target}.tar.gz`;
    const built = await Deno.makeTempDir({ prefix: "gunicorn-autoscaler-release-" });
    try {
      await compile({ target, output: `${built}/gunicorn-autoscaler`, denort });
      await pack(built, "gunicorn-autoscaler", `${folder}/${name}`);
    } finally {
      await Deno.remove(built, { recursive: true });
    }
    names.push(name);
  }
  await writeSums(folder, names);
  return [...names, "SHA256SUMS"];
}

/** One file as .tar.gz: owner, time and gzip header are fixed, so that equal binaries give equal archives. */
async function pack(folder: string, name: string, archive: string): Promise<void> {
  const args = ["--create", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--mode=0755"];
  args.push(
    "--mtime=@0",
    "--use-compress-program=gzip -9n",
    `--file=${archive}`,
    `--directory=${folder}`,
    name,
  );
  const { success, stderr } = await new Deno.Command("tar", { args, stdout: "null", stderr: "piped" })
    .output();
  if (success) return;
  throw new Error(
    `Cannot pack ${name}: ${new TextDecoder().decode(stderr).trim()}, GNU tar and gzip are needed`,
  );
}

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, { string: ["target", "output"], collect: ["target"] });
  const named = options["target"] as string[];
  const unknown = named.filter((target) => !isTarget(target));
  if (unknown.length > 0) {
    console.error(`Cannot release for ${unknown.join(", ")}: it is not one of ${TARGETS.join(", ")}`);
    return 2;
  }
  const folder = (options["output"] as string | undefined) ??
    new URL("../dist/release", import.meta.url).pathname;
  try {
    const targets = named.length > 0 ? named.filter(isTarget) : TARGETS;
    const names = await release({ targets, folder, denort: Deno.env.get("DENORT_BIN") || undefined });
    for (const name of names) console.log(`${folder}/${name}`);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
