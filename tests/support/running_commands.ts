/** The commands for a running instance, as a person types them. */
import { type Autoscaled, program } from "./autoscaled.ts";
import { type Ended, run } from "./process.ts";
import { until } from "./wait.ts";

/** Longer than a busy machine needs from the first answer to the control socket. */
const PATIENCE_MS = 60_000;

/** Runs a command; it finds the instance by itself, where instances of `it` make their folders. */
export async function command(it: Autoscaled, ...words: string[]): Promise<Ended> {
  const [path, ...args] = program();
  return await run(path!, [...args, ...words], {
    env: { GUNICORN_AUTOSCALER_RUNTIME_DIR: it.runtimeBase, NO_COLOR: "1", COLUMNS: "110" },
  });
}

/** The private folder of an instance. */
export async function runtimeFolder(it: Autoscaled): Promise<string> {
  for await (const entry of Deno.readDir(it.runtimeBase)) {
    if (entry.name.startsWith("gunicorn-autoscaler-")) return `${it.runtimeBase}/${entry.name}`;
  }
  throw new Error(`Cannot find a runtime folder in ${it.runtimeBase}`);
}

/** Its control socket, once it is there: gunicorn may answer before. */
export async function controlSocket(it: Autoscaled): Promise<string> {
  const socket = `${await runtimeFolder(it)}/control.sock`;
  await until(() => Deno.lstat(socket).then(() => true, () => it.process.hasEnded), {
    timeoutMs: PATIENCE_MS,
    what: () => `a control socket\n${it.process.text("stderr")}`,
  });
  return socket;
}
