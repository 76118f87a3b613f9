/** A real control plane on one machine: etcd, kube-apiserver and kube-controller-manager on ports of their own. */
import { freeTcpPort } from "../support/port.ts";
import { type Process, start } from "../support/process.ts";
import { type TempDir, tempDir } from "../support/tempdir.ts";
import { until } from "../support/wait.ts";
import { ApiServer } from "./api_server.ts";
import type { Binaries } from "./binaries.ts";

const TOKEN = "administrator";
const CONTROLLERS = ["deployment", "replicaset", "horizontal-pod-autoscaler", "endpointslice"];

/** Ready to take manifests. */
export class ControlPlane implements AsyncDisposable {
  private constructor(
    readonly api: ApiServer,
    /** A kubeconfig of an administrator. */
    readonly kubeconfig: string,
    readonly token: string,
    readonly processes: Readonly<Record<string, Process>>,
    readonly cleanUp: () => Promise<void>,
  ) {}

  /** `address` is one of this machine that is not a loopback's: Kubernetes refuses those. */
  static async start(binaries: Binaries, address: string): Promise<ControlPlane> {
    await using parts = new AsyncDisposableStack();
    const folder = parts.use(await tempDir("ga-cluster-"));
    const [etcdPort, peerPort, port] = [freeTcpPort(), freeTcpPort(), freeTcpPort()];
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const etcd = parts.use(start(binaries.etcd, [
      ...["--data-dir", folder.join("etcd"), "--unsafe-no-fsync"],
      ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
      ...["--listen-peer-urls", `http://127.0.0.1:${peerPort}`],
    ]));
    const apiServer = parts.use(start(binaries.apiServer, [
      ...["--etcd-servers", etcdUrl, "--service-cluster-ip-range", "10.96.0.0/24"],
      ...["--bind-address", address, "--advertise-address", address, "--secure-port", String(port)],
      ...["--cert-dir", folder.join("certs"), "--authorization-mode", "RBAC"],
      ...["--token-auth-file", await folder.write("tokens.csv", `${TOKEN},tests,1,"system:masters"\n`)],
      ...await serviceAccountKey(folder),
      "--disable-admission-plugins=ServiceAccount",
    ]));
    const url = `https://${address}:${port}`;
    const certificate = folder.join("certs/apiserver.crt");
    await until(() => apiServer.hasEnded || Deno.stat(certificate).catch(() => false), {
      timeoutMs: 30_000,
      what: () => `the API server's certificate\n${apiServer.text().slice(-2000)}`,
    });
    const api = parts.use(new ApiServer(url, TOKEN, await Deno.readTextFile(certificate)));
    await until(
      () => apiServer.hasEnded || api.get("/api/v1/namespaces/default").then(() => true, () => false),
      {
        timeoutMs: 90_000,
        everyMs: 200,
        what: () => `a ready API server\n${apiServer.text().slice(-2000)}`,
      },
    );
    if (apiServer.hasEnded) throw new Error(`The API server ended:\n${apiServer.text().slice(-2000)}`);
    const kubeconfig = await folder.write("kubeconfig.yaml", kubeconfigOf(url));
    const manager = parts.use(start(binaries.controllerManager, [
      ...["--kubeconfig", kubeconfig, "--leader-elect=false", "--secure-port=0"],
      `--controllers=${CONTROLLERS.map((name) => `${name}-controller`).join(",")}`,
    ]));
    const all = parts.move();
    const processes = { etcd, apiServer, manager };
    return new ControlPlane(api, kubeconfig, TOKEN, processes, () => all.disposeAsync());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanUp();
  }
}

/** The API server does not start without one, though no pod here has an account. */
async function serviceAccountKey(folder: TempDir): Promise<string[]> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048 };
  const pair = await crypto.subtle.generateKey(
    { ...algorithm, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const [secret, open] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey("spki", pair.publicKey),
  ]);
  return [
    ...["--service-account-signing-key-file", await folder.write("account.key", pem("PRIVATE KEY", secret))],
    ...["--service-account-key-file", await folder.write("account.pub", pem("PUBLIC KEY", open))],
    ...["--service-account-issuer", "https://kubernetes.default.svc"],
  ];
}

function pem(what: string, bytes: ArrayBuffer): string {
  const lines = btoa(String.fromCharCode(...new Uint8Array(bytes))).match(/.{1,64}/g)!;
  return `-----BEGIN ${what}-----\n${lines.join("\n")}\n-----END ${what}-----\n`;
}

function kubeconfigOf(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "tests", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "tests", user: { token: TOKEN } }],
    contexts: [{ name: "tests", context: { cluster: "tests", user: "tests" } }],
    "current-context": "tests",
  });
}
