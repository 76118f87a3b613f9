/** The autoscaler one generation further down: its parent is a shell, or what made its namespaces. */
import { Autoscaled, autoscaled, type AutoscaledOptions } from "../../support/autoscaled.ts";
import { children } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";

class Inner extends Autoscaled {
  /** @param pid the autoscaler's own, as seen from outside */
  constructor(outer: Autoscaled, readonly pid: number) {
    super(outer.process, outer.port, outer.runtimeBase, outer.cleanUp);
  }

  override get master(): number {
    return children(this.pid).find((pid) => children(pid).length > 0) ?? 0;
  }
}

/** Starts it behind the words that `wrap` puts before it. */
export async function startInner(options: AutoscaledOptions): Promise<Inner> {
  const outer = await autoscaled(options);
  return new Inner(outer, await until(() => children(outer.process.pid)[0], { what: "the autoscaler" }));
}

const job = new URL("job.py", import.meta.url).pathname;

/** Starts it as a shell starts a job: its pid is also that of its process group. */
export function startJob(own: readonly string[]): Promise<Inner> {
  return startInner({ own, wrap: (words) => ["python3", job, ...words] });
}
