/**
 * What a release carries: `deno task release` compiles for every target, packs each binary as .tar.gz and writes
 * SHA256SUMS. Two runs of one commit give the same bytes. `deno task release --help`.
 */
import { VERSION } from "../src/version.ts";
import { taskArguments } from "../tasks/arguments.ts";
import { many, oneOf, text } from "../tasks/options.ts";
import { compile } from "./compile.ts";
import { writeSums } from "./checksums.ts";
import { type Target, TARGETS } from "./targets.ts";

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

const TASK = {
  command: "deno task release",
  action: "release",
  about:
    "What a release carries: compiles for every target, packs each binary as .tar.gz and writes SHA256SUMS. Two " +
    "runs of one commit give the same bytes.",
  options: {
    target: many(oneOf(TARGETS, {
      placeholder: "TARGET",
      help: `A platform, any number of times: ${TARGETS.join(", ")}.`,
      otherwise: "all",
    })),
    output: text({
      placeholder: "FOLDER",
      help: "Where it all is written.",
      default: new URL("../dist/release", import.meta.url).pathname,
      otherwise: "dist/release",
    }),
  },
  examples: ["", "--target x86_64-unknown-linux-gnu --output dist/release"],
  notes: ["DENORT_BIN names the runtime of one target instead of Deno's own download."],
};

async function main(): Promise<number> {
  const { options: { target: named, output: folder } } = taskArguments(TASK);
  try {
    const targets = named.length > 0 ? named : TARGETS;
    const names = await release({ targets, folder, denort: Deno.env.get("DENORT_BIN") || undefined });
    for (const name of names) console.log(`${folder}/${name}`);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
