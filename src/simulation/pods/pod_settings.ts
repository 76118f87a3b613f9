import type { HpaSettings } from "./hpa.ts";

/** The cluster around the pods. */
export interface PodSettings {
  readonly hpa: HpaSettings;
  /** Time between two syncs of the HPA. */
  readonly syncMs: number;
  /** Time between two scrapes of a pod, and over how much time the metric is averaged. */
  readonly scrapeMs: number;
  readonly averageMs: number;
  /** From the order to a ready pod: scheduling, image, gunicorn's boot. */
  readonly bootMs: number;
  /** From the deletion to TERM. */
  readonly preStopMs: number;
  /** From the deletion until no node sends it requests any more. */
  readonly endpointMs: number;
  /** Which pod gets a new request: any ready pod (a Service's iptables), or each in turn. */
  readonly balance: "random" | "round-robin";
}

/** The number of pods over time, and its cost. */
export interface PodFigures {
  /** From the order of each to its end, over the load's duration. */
  readonly podSeconds: number;
  readonly peakPods: number;
  readonly endPods: number;
  readonly changes: readonly { atMs: number; from: number; to: number; reason: string }[];
  /** In the bins of the timeline: pods that are there in any state, that are ready, and their mean saturation. */
  readonly there: readonly number[];
  readonly ready: readonly number[];
  readonly saturation: readonly (number | null)[];
}
