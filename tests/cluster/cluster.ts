/**
 * The manifests of deploy/kubernetes on a real control plane: `deno task cluster --help`. The HPA adds pods to gunicorn's
 * workers and takes them away, and no request is lost.
 */
import { taskArguments } from "../../tasks/arguments.ts";
import { toggle } from "../../tasks/options.ts";
import { compiledBinary } from "../support/builds/binary.ts";
import type { Process } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { type Binaries, binaries } from "./binaries.ts";
import { apart, type PodSeries, simulatedPods, told } from "./comparison.ts";
import { ControlPlane } from "./control_plane.ts";
import { drive, type Phase } from "./load.ts";
import { MetricsApi, SCRAPE_S } from "./metrics_api.ts";
import { inNetwork, NETWORK } from "./network.ts";
import { Node } from "./node.ts";
import { Service } from "./service.ts";

const manifests = new URL("../../deploy/kubernetes/", import.meta.url);
const METRIC = "gunicorn_autoscaler_saturation_ratio";
const DEFAULT = "namespaces/default";
const HPA = `/apis/autoscaling/v2/${DEFAULT}/horizontalpodautoscalers/app`;
const KINDS = {
  "deployment.yaml": `/apis/apps/v1/${DEFAULT}/deployments/app`,
  "service.yaml": `/api/v1/${DEFAULT}/services/app`,
  "hpa.yaml": HPA,
};
/** What the manifests say, for the simulation. */
const SIMULATED = [
  ...["--worker-class", "uvicorn", "--min-workers", "2", "--max-workers", "8", "--pods", "2..10"],
  ...["--pod-scrape-seconds", String(SCRAPE_S)],
];
const FEWEST_PODS = 2;
/** Two pods carry 400 requests at once; then the HPA's five calm minutes, and a minute for each pod that goes. */
const PHASES: readonly Phase[] = [
  { ratePerS: 7, seconds: 30, serviceMs: 3000 },
  { ratePerS: 200, seconds: 100, serviceMs: 3000 },
  { ratePerS: 7, seconds: 450, serviceMs: 3000 },
];

const TASK = {
  command: "deno task cluster",
  action: "run the manifests in a cluster",
  about:
    "Starts etcd, kube-apiserver, kube-controller-manager, Prometheus and prometheus-adapter, applies deploy/kubernetes " +
    "as it is, runs a gunicorn under the program for each pod, drives a load that takes more than the fewest pods, and " +
    "tells pods over time beside those of simulate --pods. Takes twelve minutes, and as many more the first time, which " +
    "compiles Kubernetes into .cluster/.",
  options: { build: toggle("Only compile what is missing.") },
  examples: ["", "--build"],
  notes: [
    "Needs etcd-server and prometheus of Debian, Go 1.24 or newer, and root or user namespaces.",
    "Exit codes: 0; 1 when a request was lost, or pods were not as simulated; 2 for bad usage.",
  ],
};

async function main(): Promise<number> {
  const { options: { build } } = taskArguments(TASK);
  const found = await binaries();
  if (typeof found === "string") {
    console.log(`Skipped: ${found}`);
    return 0;
  }
  if (build) return 0;
  const outside = await inNetwork();
  if (outside !== undefined) return outside;
  const binary = await compiledBinary();
  if (binary !== undefined) Deno.env.set("AUTOSCALER_BINARY", binary);
  return await scale(found) ? 0 : 1;
}

/** Whether all went as it should. */
async function scale(found: Binaries): Promise<boolean> {
  await using plane = await ControlPlane.start(found, `${NETWORK}0.1`);
  const { api } = plane;
  say("the control plane is up");
  await using node = new Node(api, `${NETWORK}1.`);
  await using service = new Service(api, "app", "http");
  for (const [file, path] of Object.entries(KINDS)) {
    await api.apply(path, await Deno.readTextFile(new URL(file, manifests)));
  }
  const rule = await Deno.readTextFile(new URL("prometheus-adapter.yaml", manifests));
  await using metrics = await MetricsApi.start(found, plane, rule);
  const check = () => {
    node.check();
    alive({ ...plane.processes, ...metrics.processes });
  };
  await until(() => (check(), service.ready.length === FEWEST_PODS), {
    timeoutMs: 90_000,
    everyMs: 100,
    what: () => `${FEWEST_PODS} ready pods\n${node.logs()}`,
  });
  say(`${FEWEST_PODS} pods are ready`);
  await metrics.untilKnown(plane, METRIC);
  await until(async () => (check(), (await hpa(plane)).active), {
    timeoutMs: 120_000,
    everyMs: 1000,
    what: "an HPA that reads the metric",
  });
  say("the HPA reads the saturation");

  const real: number[] = [];
  const startMs = performance.now();
  let progress = "";
  const timer = setInterval(async () => {
    const second = real.push(service.ready.length);
    if (second % 15 === 0) {
      say(`${second} s: ${service.ready.length} pods, ${(await hpa(plane)).told}, ${progress}`);
    }
  }, 1000);
  const sent = await drive(service, PHASES, ({ requests, lost }) => {
    progress = `${requests} requests, ${lost.length} lost`;
  }).finally(() => clearInterval(timer));
  check();

  const killed = node.events.filter(({ what }) => what === "killed");
  for (const { atMs, pod, what } of node.events) {
    say(`${((atMs - startMs) / 1000).toFixed(1)} s: ${pod} ${what}`);
  }
  const bootS = bootSeconds(node);
  const simulated = await simulatedPods(PHASES, [...SIMULATED, "--pod-boot-seconds", bootS.toFixed(1)]);
  say(`pods: ${told(real)}`);
  say(`simulated with ${bootS.toFixed(1)} s until a pod is ready: ${told(simulated)}`);
  const differ = apart(real, simulated, SCRAPE_S);
  say(`${differ.length} of ${real.length} s apart by more than a pod and a scrape`);
  say(`${sent.requests} requests, ${sent.lost.length} lost`);
  for (const lost of sent.lost.slice(0, 20)) say(lost);
  return sent.lost.length === 0 && killed.length === 0 && differ.length === 0 && grewAndShrank(real);
}

function alive(processes: Readonly<Record<string, Process>>): void {
  for (const [name, process] of Object.entries(processes)) {
    if (process.hasEnded) throw new Error(`${name} ended:\n${process.text().slice(-2000)}`);
  }
}

function grewAndShrank(pods: PodSeries): boolean {
  return Math.max(...pods) > FEWEST_PODS && pods.at(-1) === FEWEST_PODS;
}

/** Median time from order to ready. */
function bootSeconds({ events }: Node): number {
  const took = events.filter(({ what }) => what === "ready").flatMap(({ pod, atMs }) => {
    const ordered = events.find((event) => event.pod === pod && event.what === "ordered");
    return ordered === undefined ? [] : (atMs - ordered.atMs) / 1000;
  });
  return took.sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
}

interface HpaStatus {
  readonly status?: {
    readonly desiredReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message: string;
    }[];
    readonly currentMetrics?: readonly {
      readonly pods?: { readonly current: { readonly averageValue: string } };
    }[];
  };
}

/** What it wants, for the log: a look that fails ends nothing. */
async function hpa({ api }: ControlPlane): Promise<{ readonly active: boolean; readonly told: string }> {
  const { status } = await api.get<HpaStatus>(HPA).catch((error): HpaStatus => {
    say((error as Error).message);
    return {};
  });
  const active = status?.conditions?.find(({ type }) => type === "ScalingActive");
  const ratio = status?.currentMetrics?.[0]?.pods?.current.averageValue;
  return {
    active: active?.status === "True",
    told: ratio === undefined
      ? active?.message ?? "no metric"
      : `HPA wants ${status!.desiredReplicas} at ${ratio}`,
  };
}

function say(text: string): void {
  console.log(text);
}

if (import.meta.main) Deno.exit(await main());
