import { assert, assertEquals, assertLess } from "@std/assert";
import { get } from "../support/http.ts";
import { freeTcpPort } from "../support/port.ts";
import { until } from "../support/wait.ts";
import { Pod, type PodState } from "./pod.ts";
import type { PodManifest } from "./pod_manifest.ts";

const ADDRESS = "127.0.0.2";

/** As deploy/kubernetes/deployment.yaml has it, with ports of our own and a short preStop. */
function manifest(): PodManifest {
  const [http, status] = [freeTcpPort(), freeTcpPort()];
  const probe = {
    httpGet: { path: "/readyz", port: "status" },
    ...{ periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 30, successThreshold: 1 },
  };
  return {
    metadata: { name: "app", uid: "1" },
    spec: {
      terminationGracePeriodSeconds: 10,
      containers: [{
        ...{ name: "app", image: "app" },
        args: ["main:app", "--bind", `0.0.0.0:${http}`, "-k", "uvicorn_worker.UvicornWorker"],
        env: [
          { name: "GUNICORN_AUTOSCALER_RUNTIME_DIR", value: "/var/lib/autoscaler" },
          { name: "GUNICORN_AUTOSCALER_STATUS_ADDR", value: `0.0.0.0:${status}` },
          { name: "GUNICORN_AUTOSCALER_MIN_WORKERS", value: "1" },
        ],
        ports: [{ name: "http", containerPort: http }, { name: "status", containerPort: status }],
        ...{ startupProbe: probe, readinessProbe: probe, livenessProbe: probe },
        lifecycle: { preStop: { exec: { command: ["sleep", "1"] } } },
        volumeMounts: [{ name: "run", mountPath: "/var/lib/autoscaler" }],
      }],
    },
  };
}

Deno.test("a pod is ready when its probe answers, serves until preStop is over, and ends by itself", async () => {
  const wanted = manifest();
  const states: PodState[] = [];
  const pod = await Pod.start(wanted, ADDRESS, (state) => Promise.resolve(void states.push(state)));
  try {
    await until(() => states.includes("ready"), { timeoutMs: 60_000, what: () => pod.process.text() });
    assertEquals(states, ["starting", "ready"]);
    const target = { hostname: ADDRESS, port: wanted.spec.containers[0].ports[0]!.containerPort };
    const startMs = performance.now();
    const ended = pod.end(10);
    assertEquals((await get(target, "/wait?ms=500")).status, 200);
    assert(await ended);
    assertLess(1000, performance.now() - startMs);
    assert(pod.process.hasEnded);
    await pod.probing;
  } finally {
    await pod.remove();
  }
});

Deno.test("a pod that does not end within its grace period is killed", async () => {
  const pod = await Pod.start(manifest(), ADDRESS, () => Promise.resolve());
  try {
    assertEquals(await pod.end(1), false); // all of it is preStop's
    assert(pod.process.hasEnded);
  } finally {
    await pod.remove();
  }
});
