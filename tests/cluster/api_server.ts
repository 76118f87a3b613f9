/** What we ask of a Kubernetes API server: objects read, written and watched, over its own HTTPS. */

/** As much of an object as every one has. */
export interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

const MERGE = "application/merge-patch+json";
/** Server-side apply: takes a manifest as it is written. */
const APPLY = "application/apply-patch+yaml";

/** A client with a token of an administrator. */
export class ApiServer implements Disposable {
  readonly #client: Deno.HttpClient;

  /** `certificate` is the server's own, with that of the authority that signed it. */
  constructor(readonly url: string, readonly token: string, certificate: string) {
    this.#client = Deno.createHttpClient({ caCerts: [certificate] });
  }

  async get<T>(path: string): Promise<T> {
    return await (await this.#ask("GET", path)).json();
  }

  async post(path: string, object: unknown): Promise<void> {
    await this.#ask("POST", path, JSON.stringify(object), "application/json").then((answer) => answer.text());
  }

  /** Applies a manifest, YAML or JSON. */
  async apply(path: string, manifest: string): Promise<void> {
    await this.#ask("PATCH", `${path}?fieldManager=tests`, manifest, APPLY).then((answer) => answer.text());
  }

  /** Changes these fields; that the object is gone meanwhile is no error. */
  async merge(path: string, fields: unknown): Promise<void> {
    const answer = await this.#ask("PATCH", path, JSON.stringify(fields), MERGE, [404]);
    await answer.text();
  }

  async remove(path: string, options: unknown): Promise<void> {
    const answer = await this.#ask("DELETE", path, JSON.stringify(options), "application/json", [404]);
    await answer.text();
  }

  /** Every object as it is now, and each change of one, until the signal. */
  async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const answer = await this.#ask("GET", `${path}?watch=1&timeoutSeconds=7200`, undefined, "", [], signal);
    let rest = "";
    try {
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) yield JSON.parse(line);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #ask(
    method: string,
    path: string,
    body?: string,
    type = "",
    fine: readonly number[] = [],
    signal?: AbortSignal,
  ): Promise<Response> {
    const answer = await fetch(this.url + path, {
      method,
      client: this.#client,
      headers: { Authorization: `Bearer ${this.token}`, ...(type === "" ? {} : { "Content-Type": type }) },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.ok || fine.includes(answer.status)) return answer;
    throw new Error(`Cannot ${method} ${path}: ${answer.status}, ${await answer.text()}`);
  }
}
