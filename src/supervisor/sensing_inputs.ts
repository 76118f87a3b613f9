import { ArbiterFile, type ForkServerMode } from "../sensors/probe/arbiter_file.ts";
import type { PreparedStart } from "../sensors/probe/prepared_start.ts";
import type { StatsdIntake } from "../sensors/statsd/statsd_intake.ts";
import type { Address } from "../settings/setting_types.ts";

/** What is opened. */
export interface InputOptions {
  /** The runtime folder. */
  readonly dir: string;
  readonly probe: boolean;
  readonly forkServer: ForkServerMode;
  /** How long a worker stays after its last request before it ends; 0 when not given. */
  readonly lingerMs?: number;
  /** Address to receive StatsD on; undefined for none. */
  readonly statsd: Address | undefined;
  readonly relayTo: string | undefined;
  readonly prepared: PreparedStart;
}

/** What the sensors read that gunicorn needs at its start, or that can be refused: opened before it. */
export interface SensingInputs extends AsyncDisposable {
  /** undefined without the probe. */
  readonly arbiterFile: ArbiterFile | undefined;
  readonly statsd: StatsdIntake | undefined;
}

/**
 * Opens the arbiter file and the StatsD port.
 * @throws UserError "Cannot ..." with what to do
 */
export async function openInputs(options: InputOptions): Promise<SensingInputs> {
  const arbiterFile = options.probe ? preparedFile(options) : undefined;
  let statsd: StatsdIntake | undefined;
  if (options.statsd !== undefined) {
    // Loaded only for those who use it: gunicorn waits for it.
    const { StatsdIntake } = await import("../sensors/statsd/statsd_intake.ts");
    statsd = new StatsdIntake(options.statsd, options.relayTo);
  }
  return {
    arbiterFile,
    statsd,
    [Symbol.asyncDispose]: async () => {
      arbiterFile?.close();
      await statsd?.close();
    },
  };
}

function preparedFile({ dir, forkServer, lingerMs = 0, prepared }: InputOptions): ArbiterFile {
  const file = new ArbiterFile(`${dir}/arbiter`, Deno.pid);
  file.setForkServer(forkServer);
  file.setLinger(lingerMs);
  file.prepare(prepared);
  return file;
}
