/** In place of kube-proxy: which pods the Service leads to, from the EndpointSlices that its controller writes. */
import type { ApiServer, KubernetesObject } from "./api_server.ts";

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

interface EndpointSlice extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly labels?: Readonly<Record<string, string>> };
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions: { ready: boolean };
  }[];
  readonly ports: readonly { readonly name: string; readonly port: number }[];
}

export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

export class Service implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #watch: Promise<void>;
  #ready: readonly Endpoint[] = [];

  /** `name` is the Service's, `port` the name of its port. */
  constructor(readonly api: ApiServer, readonly name: string, readonly port: string) {
    this.#watch = this.#follow();
  }

  /** Pods that get requests. */
  get ready(): readonly Endpoint[] {
    return this.#ready;
  }

  /** Where the next connection goes: any of them. */
  any(): Endpoint {
    const chosen = this.#ready[Math.floor(Math.random() * this.#ready.length)];
    if (chosen === undefined) throw new Error(`Cannot connect to ${this.name}: no pod is ready`);
    return chosen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch;
  }

  async #follow(): Promise<void> {
    for await (const { object } of this.api.watch<EndpointSlice>(SLICES, this.#stop.signal)) {
      if (object.metadata.labels?.["kubernetes.io/service-name"] !== this.name) continue;
      const port = object.ports?.find(({ name }) => name === this.port)?.port;
      if (port === undefined) continue;
      this.#ready = (object.endpoints ?? []).filter(({ conditions }) => conditions.ready)
        .map(({ addresses }) => ({ hostname: addresses[0]!, port }));
    }
  }
}
