/** When each job of the suite runs. */
import type { Job, Phase } from "./plan.ts";

/**
 * Runs those that wait, twice `atOnce` at a time, and beside them one that computes; then `atOnce` of the busy ones
 * and those that compute; then, one by one, those that run alone. One by one all of them when `atOnce` is 1.
 * @param run gets each job once; its second argument says that the job runs beside those that wait
 */
export async function inOrder(
  jobs: readonly Job[],
  atOnce: number,
  run: (job: Job, isBeside: boolean) => Promise<void>,
): Promise<void> {
  const queueOf = (...phases: Phase[]) => jobs.filter(({ phase }) => phases.includes(phase));
  const waiting = queueOf("waits"), computing = queueOf("computes"), alone = queueOf("alone");
  const isParallel = atOnce > 1;
  let areWaiting = isParallel;
  const beside = (async () => {
    while (areWaiting && waiting.length > 0 && computing.length > 0) await run(computing.shift()!, true);
  })();
  await inLanes(waiting, isParallel ? 2 * atOnce : 1, run);
  areWaiting = false;
  await beside;
  await inLanes([...queueOf("busy"), ...computing], atOnce, run);
  await inLanes(alone, 1, run);
}

async function inLanes(
  queue: Job[],
  lanes: number,
  run: (job: Job, isBeside: boolean) => Promise<void>,
): Promise<void> {
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await run(job, false);
  }));
}
