/** Words in front of a program that change what it stands on. They need root; all they mount ends with the program. */
import { run } from "../../support/process.ts";

/** Why there are no namespaces here; undefined when there are. */
export const missingNamespaces: string | undefined = await missing();

/** A mount namespace in which the shell script `prepare` ran first, with `args` as its $1, $2 ... */
export function inMounts(prepare: string, args: readonly string[], words: readonly string[]): string[] {
  const shift = args.length === 0 ? "" : `shift ${args.length};`;
  return ["unshare", "--mount", "sh", "-ec", `${prepare}; ${shift} exec "$@"`, "sh", ...args, ...words];
}

async function missing(): Promise<string | undefined> {
  const tried = await run("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "true"]).catch(() =>
    undefined
  );
  return tried?.code === 0 ? undefined : "namespaces cannot be made here (it takes root and unshare)";
}
