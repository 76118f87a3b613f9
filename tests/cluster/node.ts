/** In place of nodes, their kubelets and the scheduler: runs every pod of the API server on this machine. */
import type { ApiServer } from "./api_server.ts";
import { Pod, type PodState } from "./pod.ts";
import type { PodManifest } from "./pod_manifest.ts";

const PODS = "/api/v1/namespaces/default/pods";
const NODE = "node";

/** When something became of a pod, performance.now(). */
export interface PodEvent {
  readonly atMs: number;
  readonly pod: string;
  readonly what: "ordered" | "ready" | "unready" | "deleted" | "gone" | "killed";
}

export class Node implements AsyncDisposable {
  readonly events: PodEvent[] = [];
  readonly #pods = new Map<string, Pod>();
  readonly #stop = new AbortController();
  readonly #ending = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  readonly #watch: Promise<void>;
  #addresses = 0;
  #failed: unknown;

  /** `network` begins the addresses of pods: "10.244.1.". */
  constructor(readonly api: ApiServer, readonly network: string) {
    this.#watch = this.#follow().catch((error) => void (this.#failed ??= error));
  }

  /** Throws what went wrong on the node so far. */
  check(): void {
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** What the pods have said. */
  logs(): string {
    return [...this.#pods.values()].map((pod) => `${pod.name}\n${pod.process.text().slice(-1500)}`).join(
      "\n",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch;
    await Promise.all([...this.#pods.values()].map((pod) => pod.remove()));
    await Promise.allSettled(this.#work);
  }

  async #follow(): Promise<void> {
    // The Service leads to no pod of an unknown node.
    await this.api.post("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: NODE } });
    for await (const { type, object } of this.api.watch<PodManifest>(PODS, this.#stop.signal)) {
      if (type === "ADDED") this.#do(this.#run(object));
      else if (type === "MODIFIED" && object.metadata.deletionTimestamp !== undefined) {
        this.#do(this.#end(object));
      }
    }
  }

  #do(work: Promise<void>): void {
    const done = work.catch((error) => void (this.#failed ??= error)).finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  async #run(manifest: PodManifest): Promise<void> {
    const { name } = manifest.metadata;
    this.#note(name, "ordered");
    await this.api.post(`${PODS}/${name}/binding`, {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name },
      target: { apiVersion: "v1", kind: "Node", name: NODE },
    });
    const address = `${this.network}${++this.#addresses}`;
    const startedAt = new Date().toISOString();
    const pod = await Pod.start(manifest, address, async (state) => {
      if (state !== "starting") this.#note(name, state);
      await this.api.merge(`${PODS}/${name}/status`, {
        status: statusOf(manifest, address, startedAt, state),
      });
    });
    this.#pods.set(name, pod);
    await pod.probing;
  }

  async #end({ metadata }: PodManifest): Promise<void> {
    const { name, uid, deletionGracePeriodSeconds = 0 } = metadata;
    const pod = this.#pods.get(name);
    if (pod === undefined || this.#ending.has(name)) return;
    this.#ending.add(name);
    this.#note(name, "deleted");
    const byItself = await pod.end(deletionGracePeriodSeconds);
    this.#note(name, byItself ? "gone" : "killed");
    this.#pods.delete(name);
    await this.api.remove(`${PODS}/${name}`, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  #note(pod: string, what: PodEvent["what"]): void {
    this.events.push({ atMs: performance.now(), pod, what });
  }
}

function statusOf({ spec }: PodManifest, address: string, startedAt: string, state: PodState): unknown {
  const { name, image } = spec.containers[0];
  const [ready, started] = [state === "ready", state !== "starting"];
  const lastTransitionTime = new Date().toISOString();
  const conditions = { PodScheduled: true, Initialized: true, ContainersReady: ready, Ready: ready };
  return {
    phase: "Running",
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: startedAt,
    conditions: Object.entries(conditions).map(([type, status]) => ({
      ...{ type, status: status ? "True" : "False", lastTransitionTime },
    })),
    containerStatuses: [{
      ...{ name, image, imageID: image, ready, started, restartCount: 0, state: { running: { startedAt } } },
    }],
  };
}
