/** One count of what scaling loses: a load, and the number of workers going up and down under it. */
import { delay } from "@std/async/delay";
import { type ClientKind, clientKinds, type Loss, LossLoad, type Tally } from "./loss_load.ts";
import type { Scaled, WorkerClass } from "./loss_servers.ts";

/** What is done to a server under load. */
export interface LossOptions {
  /** How often the number of workers changes. */
  readonly changes: number;
  /** What a change is: another number of workers, or a reload of all; "scale" when not given. */
  readonly by?: "scale" | "reload";
  /** From one change to the next, at least; longer when gunicorn takes longer to make it true. */
  readonly everyMs: number;
  /** The long requests and streams take at least so long; 2 s when not given. */
  readonly slowMs?: number;
}

/** Its result. */
export interface LossResult {
  readonly changes: number;
  readonly seconds: number;
  readonly tallies: ReadonlyMap<ClientKind["name"], Tally>;
  readonly sent: number;
  /** Requests without a whole right answer. */
  readonly failed: number;
  /** Requests sent again because their kept connection ended before the first byte of the answer. */
  readonly cut: number;
  readonly losses: readonly Loss[];
}

/** Up and down in turn, by steps of three to six. */
const SIZES = [8, 2, 6, 3, 7, 1, 5, 2];

/** Changes the workers of a server under load, and counts what was lost. */
export async function countLosses(
  server: Scaled,
  kind: WorkerClass,
  options: LossOptions,
): Promise<LossResult> {
  await server.scale(2);
  const kinds = clientKinds(12, kind.oneAtATime ? 1 : 3, options.slowMs ?? 2_000);
  const load = new LossLoad(server.port, kinds);
  const beganMs = performance.now();
  let workers = 2;
  try {
    for (let i = 0; i < options.changes; i++) {
      const nextMs = performance.now() + options.everyMs;
      if (options.by === "reload") await server.reload();
      else await server.scale(workers = SIZES[i % SIZES.length]!);
      await delay(Math.max(0, nextMs - performance.now()));
    }
    await server.gone(workers);
  } finally {
    await load.stop();
  }
  const sum = (of: (tally: Tally) => number) =>
    [...load.tallies.values()].reduce((all, tally) => all + of(tally), 0);
  return {
    changes: options.changes,
    seconds: (performance.now() - beganMs) / 1000,
    tallies: load.tallies,
    sent: load.sent,
    failed: sum((tally) => tally.failed),
    cut: sum((tally) => tally.cut),
    losses: load.losses,
  };
}
