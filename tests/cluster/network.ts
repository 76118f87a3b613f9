/**
 * A network of our own: pods have addresses that are not a loopback's, which Kubernetes refuses, and ports that nobody else
 * takes.
 */
import { run } from "../support/process.ts";

/** Begins all addresses of the cluster. */
export const NETWORK = "10.244.";
const INSIDE = "CLUSTER_TEST_NETWORK";

/** Starts this task once more inside, and gives its exit code; undefined where it is inside. */
export async function inNetwork(): Promise<number | undefined> {
  if (Deno.env.get(INSIDE) !== undefined) {
    await ip("link", "set", "lo", "up");
    await ip("route", "add", "local", `${NETWORK}0.0/16`, "dev", "lo");
    return undefined;
  }
  const root = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const again = [Deno.execPath(), "run", "-A", Deno.mainModule];
  const inside = new Deno.Command("unshare", { args: ["--net", ...root, ...again], env: { [INSIDE]: "1" } })
    .spawn();
  return (await inside.status).code;
}

async function ip(...args: string[]): Promise<void> {
  const { code, stderr } = await run("ip", args);
  if (code !== 0) {
    throw new Error(`Cannot make a network for pods: "ip ${args.join(" ")}" said ${stderr.trim()}`);
  }
}
