/** The pod of deploy/kubernetes/deployment.yaml, file unchanged, made by Podman of the example image. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Answer, get } from "../support/http.ts";
import { findProgram } from "../support/program.ts";
import { until } from "../support/wait.ts";
import type { Engine, Outcome } from "./support/engine.ts";
import { engineWithImages } from "./support/images.ts";
import { problems } from "./support/running.ts";

const MANIFEST = "deploy/kubernetes/deployment.yaml";

// It is process 1 of a pod.
const pause = await findProgram("catatonit");
if (pause === undefined) console.log("Skipped: no pod is made, catatonit is missing");
const engine = pause === undefined ? undefined : await engineWithImages();

Deno.test({
  name: "the pod of deployment.yaml: ready, read-only, without privileges, grows, stops with 0",
  ignore: engine === undefined,
}, async () => {
  await using pod = await PlayedPod.start(engine!);
  const asked = (port: number, path: string): Promise<Answer> => get({ hostname: pod.address, port }, path);
  await until(() => asked(9126, "/readyz").then(({ status }) => status === 200, () => false), {
    timeoutMs: 60_000,
    everyMs: 100,
    what: "a ready pod",
  });
  assertEquals((await asked(9126, "/livez")).status, 200);
  assertEquals((await asked(8000, "/")).status, 200);

  assertEquals((await pod.exec("id", "-u")).stdout, "10001");
  assertMatch((await pod.exec("awk", '$5 == "/" { print $6 }', "/proc/1/mountinfo")).stdout, /^ro\b/);
  const { stdout } = await pod.exec("grep", "-E", "^(CapBnd|NoNewPrivs)", "/proc/1/status");
  assertEquals(stdout.split(/\s+/), ["CapBnd:", "0000000000000000", "NoNewPrivs:", "1"]);

  const scaled = await pod.exec("gunicorn-autoscaler", "scale", "4");
  assertEquals(scaled.code, 0, scaled.stderr);
  await until(async () => JSON.parse((await asked(9126, "/status")).body).workers.ready === 4, {
    timeoutMs: 30_000,
    what: "4 ready workers",
  });
  await engine!.podman(["stop", "--time", "40", pod.id]);
  const log = (await engine!.tryPodman(["logs", pod.id])).stdout;
  assertEquals(await engine!.podman(["wait", pod.id]), "0", log);
  assertEquals(problems(log), []);
});

class PlayedPod implements AsyncDisposable {
  /** `id` is its container's. */
  private constructor(readonly engine: Engine, readonly id: string, readonly address: string) {}

  static async start(engine: Engine): Promise<PlayedPod> {
    await engine.tryPodman(["play", "kube", "--down", MANIFEST]); // of a test that was killed
    const made = await engine.podman(["play", "kube", MANIFEST]);
    const [pod, container] = [/^Pod:\n(\w+)/m, /^Container:\n(\w+)/m].map((id) => id.exec(made)![1]!);
    const infra = await engine.podman(["pod", "inspect", "--format", "{{.InfraContainerID}}", pod!]);
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    return new PlayedPod(engine, container!, await engine.podman(["inspect", "--format", format, infra]));
  }

  exec(...words: string[]): Promise<Outcome> {
    return this.engine.tryPodman(["exec", this.id, ...words]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.podman(["play", "kube", "--down", MANIFEST]);
  }
}
