import { History, type Tick } from "../../src/core/history.ts";

/** A tick of 100 ms in which nothing happens; override what a test is about. */
export function tick(changes: Partial<Tick> = {}): Tick {
  return {
    nowMs: 0,
    elapsedMs: 100,
    occupiedMs: 0,
    arrivals: 0,
    started: changes.arrivals ?? 0,
    finished: changes.arrivals ?? 0,
    serviceMs: 0,
    queuedMs: 0,
    workerMs: 200,
    cpuMs: 0,
    cpuWaitMs: 0,
    servingMs: 0,
    loopBusyMs: 0,
    loopTicks: 0,
    loopLateTicks: 0,
    loopLateMs: 0,
    durations: undefined,
    ...changes,
  };
}

/** A history of these ticks, 100 ms apart. */
export function ticks(changes: readonly Partial<Tick>[]): History {
  const history = new History(20_000);
  changes.forEach((change, i) => history.push(tick({ nowMs: 100 * (i + 1), ...change })));
  return history;
}
