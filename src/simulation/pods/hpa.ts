import type { Maybe } from "../../core/sample.ts";
import { type Change, limited, type ScalingRules } from "./hpa_rules.ts";

/** A ratio of metric to target this near to 1 changes nothing (kube-controller-manager's default). */
export const TOLERANCE = 0.1;

/** What the HPA sees of one pod that is not being deleted; it ignores those that are. */
export interface PodReading {
  /** Not started yet: its phase is Pending. */
  readonly pending: boolean;
  /** Its value of the metric; "unknown": the metrics API has none. */
  readonly metric: Maybe<number>;
}

/** A HorizontalPodAutoscaler of type Pods, AverageValue. */
export interface HpaSettings {
  readonly minPods: number;
  readonly maxPods: number;
  readonly target: number;
  readonly tolerance: number;
  readonly up: ScalingRules;
  readonly down: ScalingRules;
}

/** What the HPA remembers between two syncs. */
export interface HpaState {
  readonly recommendations: readonly { readonly atMs: number; readonly pods: number }[];
  readonly changes: readonly Change[];
}

/** The state at the start: the number of pods found is the first recommendation. */
export function initialHpa(nowMs: number, pods: number): HpaState {
  return { recommendations: [{ atMs: nowMs, pods }], changes: [] };
}

/**
 * The number of pods that the metric asks for: ceil(pods x metric / target), with the metric averaged over the pods
 * that have one; no change within the tolerance. Pods without a value are then counted as at the target where that
 * would take pods away, and as at 0 where it would add some; pending ones as at 0 where it would add some. When that
 * reverses the direction, nothing changes. "unknown" when no pod has a value.
 * Source: Kubernetes' documentation, "Horizontal Pod Autoscaling", algorithm details; a metric of type Pods knows no
 * readiness, that is for CPU alone.
 * Example: 2 pods at 1.0 and 1.4, target 0.8: ratio 1.5, 3 pods; with a third one pending: ratio 1.0, no change.
 */
export function desiredPods(
  current: number,
  pods: readonly PodReading[],
  target: number,
  tolerance = TOLERANCE,
): Maybe<number> {
  let sum = 0, seen = 0, missing = 0, pending = 0;
  for (const pod of pods) {
    if (pod.pending) pending++;
    else if (pod.metric === "unknown") missing++;
    else {
      sum += pod.metric;
      seen++;
    }
  }
  if (seen === 0) return "unknown";
  const ratio = sum / seen / target;
  const counted = seen + missing + (ratio > 1 ? pending : 0);
  const assumed = ratio < 1 ? missing * target : 0;
  const fullRatio = (sum + assumed) / counted / target;
  if (Math.abs(fullRatio - 1) <= tolerance + 1e-9) return current;
  if ((ratio < 1) !== (fullRatio < 1)) return current;
  // A whole number must not become the next one by a rounding error.
  const wanted = Math.ceil(fullRatio * counted - 1e-9);
  const turned = fullRatio < 1 ? wanted > current : wanted < current;
  return turned ? current : wanted;
}

/**
 * One sync of the HPA, every 15 s: the metric's recommendation, within those of the stabilization windows (up: no more
 * than the least of them, down: no less than the most), against the policies and the bounds. Without a metric nothing
 * changes. Pure: the clock is `nowMs`.
 */
export function sync(
  state: HpaState,
  now: { readonly nowMs: number; readonly current: number; readonly pods: readonly PodReading[] },
  settings: HpaSettings,
): { readonly state: HpaState; readonly pods: number; readonly wanted: Maybe<number> } {
  const { nowMs, current } = now;
  const { minPods, maxPods, up, down } = settings;
  const wanted = desiredPods(current, now.pods, settings.target, settings.tolerance);
  let pods = current;
  let { recommendations } = state;
  if (current > maxPods) pods = maxPods;
  else if (current < minPods) pods = minPods;
  else if (wanted !== "unknown") {
    const longestMs = Math.max(up.stabilizationMs, down.stabilizationMs);
    const young = recommendations.filter(({ atMs }) => atMs > nowMs - longestMs);
    const within = (ms: number) => young.filter(({ atMs }) => atMs > nowMs - ms).map((one) => one.pods);
    const least = Math.min(wanted, ...within(up.stabilizationMs));
    const most = Math.max(wanted, ...within(down.stabilizationMs));
    const stable = Math.min(Math.max(current, least), most);
    recommendations = [...young, { atMs: nowMs, pods: wanted }];
    pods = limited(current, stable, { nowMs, changes: state.changes, up, down });
    pods = Math.max(minPods, Math.min(maxPods, pods));
  }
  const longestPeriodMs = Math.max(...[...up.policies, ...down.policies].map(({ periodMs }) => periodMs));
  const recent = state.changes.filter(({ atMs }) => atMs > nowMs - longestPeriodMs);
  const changes = pods === current ? recent : [...recent, { atMs: nowMs, by: pods - current }];
  return { state: { recommendations, changes }, pods, wanted };
}
