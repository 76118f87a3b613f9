import { mean } from "simple-statistics";
import { known } from "../../core/sample.ts";
import { saturationOf } from "../../status/metrics/saturation.ts";
import { Arrivals, durationMs } from "../load/arrivals.ts";
import type { MakeController } from "../report/comparison.ts";
import { draws } from "../load/draws.ts";
import { EventHeap } from "../server/event_heap.ts";
import { type HpaState, initialHpa, sync } from "./hpa.ts";
import { Instance } from "../server/instance.ts";
import { binMsOf, Measurements } from "../report/measurements.ts";
import { nextToDelete, Pod } from "./pod.ts";
import type { PodFigures, PodSettings } from "./pod_settings.ts";
import { Random } from "../server/random.ts";
import { outcome, type Result } from "../report/result.ts";
import type { Scenario } from "../server/scenario.ts";

/** Kinds of timed events; those of one moment come in any order, none depends on it. */
const RUNS = 1, READY = 2, SCRAPE = 3, UNLISTED = 4, TERM = 5, SYNC = 6, BIN = 7, END = 8;

/** Random numbers: which pod gets a request; at which phase scrapes, the HPA and each pod's controller begin. */
const BALANCE_STREAM = 6, PHASE_STREAM = 7;

/** Far from the neighbours' seeds, so that no pod has the random numbers of another run. */
const SEED_STEP = 7919;

/**
 * Simulates the scenario on pods: a load balancer in front, a gunicorn with its controller in each (machine, cores and
 * memory of the scenario are one pod's), an HPA that adds and takes pods by their saturation. Starts with the fewest
 * pods, ready. Same scenario and settings, same result.
 */
export function runPods(scenario: Scenario, make: MakeController, settings: PodSettings): Result {
  return new Cluster(scenario, make, settings).run();
}

class Cluster {
  readonly #pods: Pod[] = [];
  readonly #events = new EventHeap();
  readonly #results: Measurements;
  readonly #arrivals: Arrivals;
  readonly #balance: Random;
  readonly #phases: Random;
  readonly #durationMs: number;
  readonly #figures: {
    -readonly [K in keyof PodFigures]: PodFigures[K] extends readonly (infer T)[] ? T[] : PodFigures[K];
  } = { podSeconds: 0, peakPods: 0, endPods: 0, changes: [], there: [], ready: [], saturation: [] };
  #listed: Pod[] = [];
  #turn = 0;
  #hpa: HpaState;
  #wantedPods: number;
  #peakWorkers = 0;
  #end: Pick<Result, "workerSeconds" | "cpuSeconds" | "endWorkers"> | undefined;

  constructor(readonly scenario: Scenario, readonly make: MakeController, readonly settings: PodSettings) {
    const { load, seed, sloMs, clientTimeoutMs, arrivals } = scenario;
    this.#durationMs = durationMs(load);
    this.#results = new Measurements(sloMs, clientTimeoutMs, binMsOf(this.#durationMs));
    this.#arrivals = new Arrivals(load, arrivals, new Random(seed, 1));
    this.#balance = new Random(seed, BALANCE_STREAM);
    this.#phases = new Random(seed, PHASE_STREAM);
    this.#wantedPods = settings.hpa.minPods;
    this.#hpa = initialHpa(0, this.#wantedPods);
    for (let i = 0; i < this.#wantedPods; i++) this.#ready(this.#create(0), 0);
    this.#events.push(settings.syncMs * this.#phases.uniform(), SYNC, 0);
    this.#events.push(binMsOf(this.#durationMs), BIN, 0);
    this.#events.push(this.#durationMs, END, 0);
  }

  run(): Result {
    const giveUpMs = this.#durationMs + this.scenario.clientTimeoutMs;
    const drawsOf = draws(this.scenario);
    for (;;) {
      const arrivalMs = this.#arrivals.nextMs;
      const eventMs = this.#events.nextMs();
      if (Math.min(arrivalMs, eventMs) > giveUpMs) break;
      if (eventMs <= arrivalMs) {
        this.#events.pop();
        this.#event(eventMs);
        continue;
      }
      const draw = drawsOf[this.#arrivals.segment]!;
      this.#results.arrived();
      if (!this.#next()?.arrive(arrivalMs, draw)) this.#results.lost();
      this.#arrivals.advance();
    }
    for (const pod of this.#pods) pod.runUntil(giveUpMs);
    this.#results.giveUp();
    const changes = this.#pods.flatMap(({ instance }) => instance?.changes ?? []);
    return {
      controller: this.make().name,
      durationMs: this.#durationMs,
      ...outcome(this.#results, this.scenario.sloMs),
      ...this.#end!,
      peakWorkers: this.#peakWorkers,
      changes: changes.sort((a, b) => a.atMs - b.atMs),
      timeline: this.#results.timeline,
      pods: this.#figures,
    };
  }

  /** The pod that gets the next request. */
  #next(): Pod | undefined {
    const { length } = this.#listed;
    if (length === 0) return undefined;
    return this
      .#listed[this.settings.balance === "random" ? this.#balance.below(length) : this.#turn++ % length];
  }

  #event(nowMs: number): void {
    const { what, id } = this.#events;
    const pod = this.#pods[id]!;
    switch (what) {
      case RUNS:
        if (pod.state === "pending") pod.state = "starting";
        break;
      case READY:
        if (pod.state === "starting" || pod.state === "pending") this.#ready(pod, nowMs);
        break;
      case SCRAPE:
        if (!pod.counted || this.#end) break;
        pod.scrape(nowMs);
        this.#events.push(nowMs + this.settings.scrapeMs, SCRAPE, id);
        break;
      case UNLISTED:
        this.#listed = this.#listed.filter((one) => one !== pod);
        break;
      case TERM:
        pod.stop(nowMs);
        break;
      case SYNC:
        if (this.#end) break;
        this.#sync(nowMs);
        this.#events.push(nowMs + this.settings.syncMs, SYNC, 0);
        break;
      case BIN: {
        this.#closeBin(nowMs);
        const nextMs = nowMs + this.#results.timeline.binMs;
        if (nextMs <= this.#durationMs) this.#events.push(nextMs, BIN, 0);
        break;
      }
      case END:
        this.#finish(nowMs);
    }
  }

  #create(nowMs: number): Pod {
    const pod = new Pod(this.#pods.length, nowMs);
    this.#pods.push(pod);
    // Prometheus scrapes each pod at its own offset.
    const runsMs = nowMs === 0 ? 0 : nowMs + Math.max(0, this.settings.bootMs - this.scenario.bootMs);
    this.#events.push(runsMs + this.settings.scrapeMs * this.#phases.uniform(), SCRAPE, pod.number);
    return pod;
  }

  #order(nowMs: number): void {
    const { number } = this.#create(nowMs);
    const { bootMs } = this.settings;
    this.#events.push(nowMs + Math.max(0, bootMs - this.scenario.bootMs), RUNS, number);
    this.#events.push(nowMs + bootMs, READY, number);
  }

  #ready(pod: Pod, nowMs: number): void {
    const { scenario } = this;
    const own = {
      ...scenario,
      seed: scenario.seed + SEED_STEP * pod.number,
      tickPhase: this.#phases.uniform(),
    };
    const controller = this.make((_, decision) => pod.decision = decision);
    pod.start(new Instance(own, controller, this.#results, nowMs), nowMs);
    this.#listed = [...this.#listed, pod];
  }

  #delete(pod: Pod, nowMs: number): void {
    if (pod.state !== "ready") {
      pod.state = "gone";
      pod.goneMs = nowMs;
      return;
    }
    pod.state = "leaving";
    this.#events.push(nowMs + this.settings.endpointMs, UNLISTED, pod.number);
    this.#events.push(nowMs + this.settings.preStopMs, TERM, pod.number);
  }

  #sync(nowMs: number): void {
    const { hpa, averageMs } = this.settings;
    const counted = this.#pods.filter((pod) => pod.counted);
    const pods = counted.map((pod) => pod.reading(nowMs, averageMs));
    const next = sync(this.#hpa, { nowMs, current: this.#wantedPods, pods }, hpa);
    this.#hpa = next.state;
    if (next.pods === this.#wantedPods) return;
    const metrics = pods.map(({ metric }) => metric).filter(known);
    const saturation = metrics.length > 0 ? mean(metrics) : NaN;
    this.#figures.changes.push({
      atMs: nowMs,
      from: this.#wantedPods,
      to: next.pods,
      reason: `saturation ${saturation.toFixed(2)} over ${metrics.length} of ${pods.length} pods, ` +
        `target ${hpa.target}: asks for ${next.wanted}`,
    });
    for (; this.#wantedPods < next.pods; this.#wantedPods++) this.#order(nowMs);
    for (; this.#wantedPods > next.pods; this.#wantedPods--) this.#delete(nextToDelete(this.#pods)!, nowMs);
  }

  /** The instances, up to this moment. */
  #instances(nowMs: number): Instance[] {
    for (const pod of this.#pods) pod.runUntil(nowMs);
    return this.#pods.flatMap(({ instance }) => instance ?? []);
  }

  #closeBin(nowMs: number): void {
    const instances = this.#instances(nowMs);
    const sum = (of: (instance: Instance) => number) => instances.reduce((all, one) => all + of(one), 0);
    const alive = sum(({ server }) => server.workers.alive);
    this.#peakWorkers = Math.max(this.#peakWorkers, alive);
    this.#results.closeBin({
      alive,
      ready: sum(({ server }) => server.workers.ready),
      target: sum(({ arbiter }) => arbiter.target),
      queue: sum(({ queued }) => queued),
      busyMs: sum(({ server }) => server.meters.busyMs),
      inFlightMs: sum(({ server }) => server.meters.inFlightMs),
    });
    const ready = this.#pods.filter(({ state }) => state === "ready");
    const there = this.#pods.filter(({ state }) => state !== "gone").length;
    const ratios = ready.map(({ decision }) => saturationOf(decision)).filter(known);
    const figures = this.#figures;
    figures.there.push(there);
    figures.ready.push(ready.length);
    figures.saturation.push(
      ratios.length > 0 ? mean(ratios) : null,
    );
    figures.peakPods = Math.max(figures.peakPods, there);
  }

  #finish(nowMs: number): void {
    const instances = this.#instances(nowMs);
    const sum = (of: (instance: Instance) => number) => instances.reduce((all, one) => all + of(one), 0);
    for (const instance of instances) instance.recordsChanges = false;
    this.#end = {
      workerSeconds: sum(({ server }) => server.meters.aliveMs) / 1000,
      cpuSeconds: sum(({ server: { processor } }) => processor.servingMs + processor.bootingMs) / 1000,
      endWorkers: sum(({ server }) => server.workers.alive),
    };
    this.#figures.podSeconds =
      this.#pods.reduce((all, pod) => all + Math.min(pod.goneMs, nowMs) - pod.createdMs, 0) / 1000;
    this.#figures.endPods = this.#pods.filter(({ state }) => state !== "gone").length;
  }
}
