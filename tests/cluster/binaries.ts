/**
 * The programs of a control plane. Kubernetes' own are compiled once from its Go modules and kept in .cluster/; etcd and
 * Prometheus are those of the machine.
 */
import { run } from "../support/process.ts";
import { findProgram } from "../support/program.ts";

const KUBERNETES = "1.34.2";
const ADAPTER = "0.12.0";
const folder = new URL("../../.cluster/", import.meta.url).pathname;

/** Paths. */
export interface Binaries {
  readonly etcd: string;
  readonly prometheus: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly prometheusAdapter: string;
}

/** Finds or compiles all of them; a text says what is missing. */
export async function binaries(): Promise<Binaries | string> {
  const [etcd, prometheus, go] = await Promise.all(["etcd", "prometheus", "go"].map(findProgram));
  if (etcd === undefined) return "etcd is missing, install etcd-server of Debian";
  if (prometheus === undefined) return "prometheus is missing, install prometheus of Debian";
  const wanted = Object.keys(SOURCES).map((name) => `${folder}bin/${name}`);
  const found = await Promise.all(wanted.map((path) => Deno.stat(path).then(() => true, () => false)));
  if (found.includes(false)) {
    if (go === undefined) return "go 1.24 or newer is missing, it compiles Kubernetes";
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, source] of Object.entries(SOURCES)) await compile(name, source);
  }
  const [apiServer, controllerManager, prometheusAdapter] = wanted as [string, string, string];
  return { etcd, prometheus, apiServer, controllerManager, prometheusAdapter };
}

interface Source {
  /** Lines of the go.mod. */
  goMod(): Promise<string>;
  readonly main?: string;
  /** Built in place of `main`. */
  readonly path?: string;
}

const SOURCES: Readonly<Record<string, Source>> = {
  "kube-apiserver": { goMod: kubernetesModule, main: mainOf("kube-apiserver", "NewAPIServerCommand") },
  "kube-controller-manager": {
    goMod: kubernetesModule,
    main: mainOf("kube-controller-manager", "NewControllerManagerCommand"),
  },
  "prometheus-adapter": {
    goMod: () => Promise.resolve(`require sigs.k8s.io/prometheus-adapter v${ADAPTER}`),
    path: "sigs.k8s.io/prometheus-adapter/cmd/adapter",
  },
};

function mainOf(command: string, make: string): string {
  return `package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/${command}/app"
)

func main() { os.Exit(cli.Run(app.${make}())) }
`;
}

/** Kubernetes' staging modules, which its go.mod takes from its own tree, are published as v0 of the same version. */
async function kubernetesModule(): Promise<string> {
  const { GoMod } = JSON.parse(
    await go(folder, "mod", "download", "-json", `k8s.io/kubernetes@v${KUBERNETES}`),
  );
  const staging = new Set(
    [...(await Deno.readTextFile(GoMod)).matchAll(/^\s+(k8s\.io\/\S+) (?:v0\.0\.0$|=> \.\/staging)/gm)].map((
      m,
    ) => m[1]),
  );
  const replaced = [...staging].map((name) => `replace ${name} => ${name} v0${KUBERNETES.slice(1)}`);
  return [`require k8s.io/kubernetes v${KUBERNETES}`, ...replaced].join("\n");
}

async function compile(name: string, { goMod, main, path }: Source): Promise<void> {
  if (await Deno.stat(`${folder}bin/${name}`).then(() => true, () => false)) return;
  console.log(`Compiling ${name}, once: this takes minutes`);
  const source = `${folder}${name}`;
  await Deno.mkdir(source, { recursive: true });
  const tool = path === undefined ? "" : `tool ${path}\n`;
  await Deno.writeTextFile(`${source}/go.mod`, `module ${name}\n\ngo 1.24.0\n\n${await goMod()}\n${tool}`);
  if (main !== undefined) await Deno.writeTextFile(`${source}/main.go`, main);
  await go(source, "mod", "tidy");
  const version = "k8s.io/component-base/version.git";
  const [major, minor] = KUBERNETES.split(".");
  const variables = { Version: `v${KUBERNETES}`, Major: major, Minor: minor };
  const flags = Object.entries(variables).map(([key, value]) => `-X ${version}${key}=${value}`);
  await go(
    source,
    "build",
    "-ldflags",
    ["-s", "-w", ...flags].join(" "),
    "-o",
    `${folder}bin/${name}`,
    path ?? ".",
  );
}

async function go(cwd: string, ...args: string[]): Promise<string> {
  // Two dozen compilers at once take all memory of a small machine.
  const env = { GOFLAGS: "-buildvcs=false -p=2" };
  const { code, stdout, stderr } = await run("nice", ["go", ...args], { cwd, env });
  if (code === 0) return stdout;
  throw new Error(
    `Cannot compile Kubernetes: "go ${args[0]}" ended with ${code}, it said:\n${stderr.trim()}`,
  );
}
