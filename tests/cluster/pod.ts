/** One pod: its container's process on an address of its own, probed and ended as its manifest says. */
import { program } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { type Process, run, start } from "../support/process.ts";
import { venv } from "../support/venv.ts";
import { type Container, type HttpProbe, type PodManifest, portOf } from "./pod_manifest.ts";

const examples = new URL("../../examples/fastapi", import.meta.url).pathname;

/** What the node tells the API server of a pod. */
export type PodState = "starting" | "ready" | "unready";

export class Pod {
  readonly #container: Container;
  readonly #ended = new AbortController();
  /** Rejects when the pod does not start, or stops answering. */
  readonly probing: Promise<void>;
  #state: PodState = "starting";

  private constructor(
    readonly manifest: PodManifest,
    readonly address: string,
    readonly process: Process,
    /** Stands for its volume. */
    readonly folder: string,
    readonly tell: (state: PodState) => Promise<void>,
  ) {
    this.#container = manifest.spec.containers[0];
    this.probing = this.#probed();
  }

  /** Starts the image's program (examples/docker/Dockerfile): ours, with the FastAPI example. */
  static async start(
    manifest: PodManifest,
    address: string,
    tell: (state: PodState) => Promise<void>,
  ): Promise<Pod> {
    const { args, env, volumeMounts } = manifest.spec.containers[0];
    const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "ga-pod-" });
    // A container has all addresses, and the paths of its mounts, to itself.
    const inside = (text: string) =>
      volumeMounts.reduce((path, mount) => path.replaceAll(mount.mountPath, folder), text).replaceAll(
        "0.0.0.0",
        address,
      );
    const [command, ...words] = [...program(), ...args];
    const path = `${await venv("newest")}/bin:${Deno.env.get("PATH")}`;
    const process = start(command!, words.map(inside), {
      cwd: examples,
      env: {
        ...{ PATH: path, HOME: folder, PYTHONDONTWRITEBYTECODE: "1" },
        // The source tree's own packages are below the real home.
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        ...Object.fromEntries(env.map(({ name, value }) => [name, inside(value)])),
      },
    });
    return new Pod(manifest, address, process, folder, tell);
  }

  get name(): string {
    return this.manifest.metadata.name;
  }

  /** preStop, TERM, and KILL when the grace period is over. Whether it ended by itself. */
  async end(graceSeconds: number): Promise<boolean> {
    const deadline = performance.now() + graceSeconds * 1000;
    this.#ended.abort();
    const [command, ...args] = this.#container.lifecycle.preStop.exec.command;
    await run(command!, args);
    const byItself = await this.process.stop("SIGTERM", Math.max(0, deadline - performance.now()))
      .then(({ code }) => code === 0, () => false);
    await this.remove();
    return byItself;
  }

  /** Ends what is left of it. */
  async remove(): Promise<void> {
    this.#ended.abort();
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  async #probed(): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.#container;
    await this.#tell("starting");
    await this.#probe(startupProbe, (works) => works ? "stop" : this.#dead("start-up"));
    await Promise.all([
      this.#probe(livenessProbe, (works) => works ? undefined : this.#dead("liveness")),
      this.#probe(readinessProbe, (works) => this.#tell(works ? "ready" : "unready")),
    ]);
  }

  /** Asks again and again; `then` hears that it works, or that it failed as often as the probe allows. */
  async #probe(
    probe: HttpProbe,
    then: (works: boolean) => "stop" | undefined | Promise<void>,
  ): Promise<void> {
    let [fine, failed] = [0, 0];
    while (!this.#ended.signal.aborted) {
      const works = await this.#answers(probe);
      [fine, failed] = works ? [fine + 1, 0] : [0, failed + 1];
      if (this.#ended.signal.aborted) return;
      const enough = works ? fine >= probe.successThreshold : failed >= probe.failureThreshold;
      if (enough && await then(works) === "stop") return;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, probe.periodSeconds * 1000);
        this.#ended.signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
      });
    }
  }

  async #answers({ httpGet, timeoutSeconds }: HttpProbe): Promise<boolean> {
    const target = { hostname: this.address, port: portOf(this.#container, httpGet.port) };
    return await get(target, httpGet.path, { timeoutMs: timeoutSeconds * 1000 })
      .then(({ status }) => status >= 200 && status < 400, () => false);
  }

  async #tell(state: PodState): Promise<void> {
    if (this.#state === state && state !== "starting") return;
    this.#state = state;
    await this.tell(state);
  }

  #dead(probe: string): never {
    throw new Error(`The ${probe} probe of ${this.name} failed:\n${this.process.text().slice(-3000)}`);
  }
}
