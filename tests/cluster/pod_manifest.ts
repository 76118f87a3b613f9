/** A pod as the API server has it, as far as a node acts on it. */
import type { KubernetesObject } from "./api_server.ts";

export interface HttpProbe {
  readonly httpGet: { readonly path: string; readonly port: string | number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: HttpProbe;
  readonly readinessProbe: HttpProbe;
  readonly livenessProbe: HttpProbe;
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodManifest extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly [Container];
  };
  readonly status?: { readonly podIP?: string };
}

/** Number of a port that a probe names. */
export function portOf({ ports }: Container, port: string | number): number {
  const found = typeof port === "number" ? port : ports.find(({ name }) => name === port)?.containerPort;
  if (found === undefined) {
    throw new Error(`Cannot probe the pod: it has no port "${port}", name it in ports`);
  }
  return found;
}
