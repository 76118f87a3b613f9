/** In place of Prometheus' own discovery, which Debian leaves out: the pods whose annotations ask for it. */
import type { ApiServer } from "./api_server.ts";
import type { PodManifest } from "./pod_manifest.ts";

const PODS = "/api/v1/namespaces/default/pods";

export class ScrapeTargets implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #targets = new Map<string, string>();
  readonly #watch: Promise<void>;

  /** `file` is one of Prometheus' file_sd_configs. */
  constructor(readonly api: ApiServer, readonly file: string) {
    this.#watch = this.#follow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watch;
  }

  async #follow(): Promise<void> {
    for await (const { type, object } of this.api.watch<PodManifest>(PODS, this.#stop.signal)) {
      const { metadata: { name, annotations = {} }, status } = object;
      const wanted = annotations["prometheus.io/scrape"] === "true" && status?.podIP !== undefined;
      if (type === "DELETED" || !wanted) this.#targets.delete(name);
      else this.#targets.set(name, `${status.podIP}:${annotations["prometheus.io/port"]}`);
      await this.#write();
    }
  }

  /** A whole file at once: Prometheus reads it whenever it changes. */
  async #write(): Promise<void> {
    const groups = [...this.#targets].map(([pod, target]) => ({
      targets: [target],
      labels: { namespace: "default", pod },
    }));
    await Deno.writeTextFile(`${this.file}.new`, JSON.stringify(groups));
    await Deno.rename(`${this.file}.new`, this.file);
  }
}
