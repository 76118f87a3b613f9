import type { Actuation } from "../../controllers/controller.ts";
import { Random } from "../random.ts";
import { BOOTED, FORK, ORDER } from "../event_kinds.ts";
import { chanceStream } from "../scenario.ts";
import type { Server } from "../server.ts";
import { BOOTING, FREE, READY } from "./worker_table.ts";

/** Gunicorn's master: keeps the number of workers that is set, forks and stops them. */
export class Arbiter {
  /** Workers to keep (gunicorn's num_workers). */
  target: number;
  /** How often a client has ended a sleep. */
  wakes = 0;
  #server: Server;
  #actuation: Actuation;
  #pauses: Random;
  #forking = false;
  #boot: { readonly bootMs: number; readonly bootCpuMs: number };

  constructor(server: Server, actuation: Actuation, initialWorkers: number) {
    this.#server = server;
    this.#actuation = actuation;
    this.#pauses = new Random(server.scenario.seed, chanceStream(server.scenario, 4));
    const bootMs = actuation.bootMs ?? server.scenario.bootMs;
    this.#boot = { bootMs, bootCpuMs: Math.min(bootMs, server.scenario.bootCpuMs) };
    this.target = initialWorkers;
    if (actuation.shares && server.scenario.sensors === "probe") server.share();
    // They all booted at once, before the time begins.
    const { cores } = server.scenario;
    const computedMs = this.#boot.bootCpuMs * Math.max(1, initialWorkers / cores);
    if (initialWorkers > 0) this.#noteBoot(bootMs - this.#boot.bootCpuMs + computedMs);
    for (let i = 0; i < initialWorkers; i++) {
      const worker = server.workers.spawn(0);
      server.workers.change(worker, READY);
      server.offer(worker);
    }
  }

  /** Rings the doorbell: the master acts on the new target a moment later. */
  ask(target: number): void {
    this.#server.events.push(this.#server.nowMs + this.#actuation.doorbellMs, ORDER, target);
  }

  /** The doorbell arrived. */
  obey(target: number): void {
    const { workers } = this.#server;
    this.target = target;
    while (workers.ready + workers.booting > target) {
      this.#stop(workers.nextToStop(this.#actuation.stopOrder));
    }
    this.forkNext();
  }

  /** A client that waits while no worker is wanted gets one at once, without an order of the controller. */
  wake(): void {
    if (this.target > 0 || this.#server.queue.length === 0) return;
    this.wakes++;
    this.obey(1);
  }

  /** Begins the next fork when workers are missing. Called again when a drained worker is gone. */
  forkNext(): void {
    if (this.#forking || !this.#missing()) return;
    this.#forking = true;
    this.#server.events.push(this.#server.nowMs + this.#actuation.forkMs, FORK, 0);
  }

  /** A fork is done. */
  forked(): void {
    const { events, workers, processor, requests, nowMs } = this.#server;
    this.#forking = false;
    if (!this.#missing()) return;
    const worker = workers.spawn(nowMs);
    if (worker < 0) return;
    processor.forget(worker);
    const { bootMs, bootCpuMs } = this.#boot;
    if (bootCpuMs > 0) processor.start(worker, requests.take(), bootCpuMs, true);
    else events.push(nowMs + bootMs, BOOTED, worker, workers.epoch[worker]!);
    if (!this.#missing()) return;
    this.#forking = true;
    const pauseMs = this.#actuation.forkPauseMs * this.#pauses.uniform();
    events.push(nowMs + pauseMs + this.#actuation.forkMs, FORK, 0);
  }

  /** A booting worker's CPU part is over; the rest of the boot waits. */
  bootComputed(worker: number, job: number): void {
    const { events, workers, requests, nowMs } = this.#server;
    requests.release(job);
    events.push(nowMs + this.#boot.bootMs - this.#boot.bootCpuMs, BOOTED, worker, workers.epoch[worker]!);
  }

  /** A worker is ready to serve. */
  booted(worker: number): void {
    const { workers, nowMs } = this.#server;
    if (workers.state[worker] !== BOOTING) return;
    this.#noteBoot(nowMs - workers.spawnedMs[worker]!);
    workers.change(worker, READY);
    this.#server.offer(worker);
  }

  #noteBoot(tookMs: number): void {
    this.#server.meters.booted(tookMs, this.#boot.bootMs, this.#boot.bootCpuMs);
  }

  #missing(): boolean {
    const { ready, booting, draining } = this.#server.workers;
    return ready + booting + (this.#actuation.besideDraining ? 0 : draining) < this.target;
  }

  /** Retires a worker: it finishes what it has and takes nothing more. */
  #stop(worker: number): void {
    const { workers, processor, requests, departures, nowMs } = this.#server;
    if (workers.state[worker] !== BOOTING) return departures.drain(worker, nowMs);
    const job = processor.abandon(worker);
    if (job >= 0) requests.release(job);
    workers.change(worker, FREE);
  }
}
