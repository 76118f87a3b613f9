/** What the HPA asks: Prometheus, which scrapes the pods, and prometheus-adapter with the rule of the manifests. */
import { get } from "../support/http.ts";
import { freeTcpPort } from "../support/port.ts";
import { type Process, start } from "../support/process.ts";
import { tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import type { Binaries } from "./binaries.ts";
import type { ControlPlane } from "./control_plane.ts";
import { ScrapeTargets } from "./scrape_targets.ts";

/** As `simulate --pods` has it by default. */
export const SCRAPE_S = 15;
const GROUP = "custom.metrics.k8s.io";

/** Serves custom.metrics.k8s.io of the control plane. */
export class MetricsApi implements AsyncDisposable {
  private constructor(
    readonly processes: Readonly<Record<string, Process>>,
    readonly cleanUp: () => Promise<void>,
  ) {}

  /** `values` are those of the prometheus-adapter chart. */
  static async start(binaries: Binaries, plane: ControlPlane, values: string): Promise<MetricsApi> {
    await using parts = new AsyncDisposableStack();
    const folder = parts.use(await tempDir("ga-cluster-"));
    const [prometheusPort, port] = [freeTcpPort(), freeTcpPort()];
    const targets = folder.join("targets.json");
    parts.use(new ScrapeTargets(plane.api, targets));
    const prometheus = parts.use(start(binaries.prometheus, [
      `--config.file=${await folder.write("prometheus.json", prometheusConfig(targets))}`,
      `--storage.tsdb.path=${folder.join("prometheus")}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    ]));
    await until(
      () => get({ port: prometheusPort }, "/-/ready").then(({ status }) => status === 200, () => false),
      {
        timeoutMs: 30_000,
        everyMs: 100,
        what: () => `a ready Prometheus\n${prometheus.text().slice(-2000)}`,
      },
    );
    const adapter = parts.use(start(binaries.prometheusAdapter, [
      `--config=${await folder.write("adapter.yaml", adapterConfig(values))}`,
      `--prometheus-url=http://127.0.0.1:${prometheusPort}/`,
      "--metrics-relist-interval=1m", // as the chart has it
      `--secure-port=${port}`,
      `--cert-dir=${folder.join("certs")}`,
      ...["lister", "authentication", "authorization"].map((who) =>
        `--${who}-kubeconfig=${plane.kubeconfig}`
      ),
    ]));
    await register(plane, port);
    const all = parts.move();
    return new MetricsApi({ prometheus, adapter }, () => all.disposeAsync());
  }

  /** Waits until the API server knows a metric of this name. */
  async untilKnown(plane: ControlPlane, metric: string): Promise<void> {
    await until(async () => {
      const { resources } = await plane.api.get<{ resources: { name: string }[] }>(`/apis/${GROUP}/v1beta2`)
        .catch(() => ({ resources: [] }));
      return resources.some(({ name }) => name === `pods/${metric}`);
    }, {
      timeoutMs: 120_000,
      everyMs: 1000,
      what: () => `${metric} in ${GROUP}\n${this.processes.adapter!.text().slice(-2000)}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanUp();
  }
}

/** JSON is YAML. */
function prometheusConfig(targets: string): string {
  return JSON.stringify({
    global: { scrape_interval: `${SCRAPE_S}s` },
    scrape_configs: [{ job_name: "kubernetes-pods", file_sd_configs: [{ files: [targets] }] }],
  });
}

/** The chart writes the rules below `rules.custom` into the adapter's `rules`. */
function adapterConfig(values: string): string {
  const [, custom] = values.split(/^ {2}custom:$/m);
  if (custom === undefined) {
    throw new Error("Cannot read prometheus-adapter.yaml: it has no rules.custom, add it");
  }
  return `rules:\n${custom}`;
}

/**
 * Tells the API server who serves the group. No node forwards a Service's address here: the name leads to the
 * adapter itself. Without certificates of a front proxy it takes the API server for anybody, who may
 * therefore read the metrics.
 */
async function register({ api }: ControlPlane, port: number): Promise<void> {
  const service = { namespace: "default", name: "prometheus-adapter", port };
  await api.apply(
    `/api/v1/namespaces/default/services/${service.name}`,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: service.name },
      spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
    }),
  );
  for (const version of ["v1beta1", "v1beta2"]) {
    const name = `${version}.${GROUP}`;
    await api.apply(
      `/apis/apiregistration.k8s.io/v1/apiservices/${name}`,
      JSON.stringify({
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name },
        spec: {
          ...{ group: GROUP, version, service, insecureSkipTLSVerify: true },
          ...{ groupPriorityMinimum: 100, versionPriority: version === "v1beta2" ? 200 : 100 },
        },
      }),
    );
  }
  const [access, rbac] = ["read-metrics", "rbac.authorization.k8s.io"];
  const roles = `/apis/${rbac}/v1`;
  await api.apply(
    `${roles}/clusterroles/${access}`,
    JSON.stringify({
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: access },
      rules: [
        { apiGroups: [GROUP], resources: ["*"], verbs: ["*"] },
        { nonResourceURLs: ["/apis", "/apis/*", "/openapi/*"], verbs: ["get"] },
      ],
    }),
  );
  await api.apply(
    `${roles}/clusterrolebindings/${access}`,
    JSON.stringify({
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: access },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: access },
      subjects: [{ apiGroup: rbac, kind: "Group", name: "system:unauthenticated" }],
    }),
  );
}
