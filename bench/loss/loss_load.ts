/**
 * A load that counts what is lost: every request is answered wholly with its own answer, or it is a loss. Closed loop:
 * each client has one request on its way at a time, so a worker that stops always has some.
 */
import { Client, type ClientOptions, Flight } from "../load/load_client.ts";
import type { Outcome } from "../load/load_report.ts";

/** How a client behaves. */
export interface ClientKind {
  readonly name: "new" | "kept" | "idle" | "slow" | "stream";
  readonly clients: number;
  readonly keepAlive: boolean;
  /** Longest pause between two requests; each is drawn at random. */
  readonly longestPauseMs: number;
  /** The path of its n-th request. */
  path(n: number): string;
}

/** Outcomes of the requests of one kind. */
export interface Tally {
  sent: number;
  /** No whole right answer: refused, reset, cut off, a status outside 200..299, another body, time-out. */
  failed: number;
  /**
   * A kept connection ended before the first byte of the answer, and the client sent the request again on a new one. HTTP
   * lets a client do that with a request that changes nothing; it still counts as lost.
   */
  cut: number;
}

/** Requests of the load that went wrong, for the log. */
export interface Loss {
  readonly kind: ClientKind["name"];
  readonly path: string;
  readonly outcome: Outcome | "cut";
  readonly error: string;
  /** performance.now() when it was known. */
  readonly atMs: number;
}

const TIMEOUT_MS = 30_000;
const SHORT_PAUSE_MS = 20;
/** Half of gunicorn's own keepalive: a connection that it ends for being idle is no loss by scaling. */
const IDLE_PAUSE_MS = 1_000;
const LOSSES_KEPT = 100;

/**
 * Quick clients on new and on kept connections, some of them mostly idle; among them requests and streams of
 * slowMs to 1.5 slowMs.
 */
export function clientKinds(quick: number, slow: number, slowMs: number): ClientKind[] {
  const echo = (n: number) => `/echo/${n.toString(36)}-${Math.random().toString(36).slice(2)}`;
  const duration = (n: number) => slowMs * (1 + (n % 5) / 8);
  const sleep = (n: number) => `/sleep/${duration(n)}`;
  const events = (n: number) => `/events/${duration(n)}`;
  const short = { keepAlive: true, longestPauseMs: SHORT_PAUSE_MS } as const;
  return [
    { ...short, name: "new", clients: quick, keepAlive: false, path: echo },
    { ...short, name: "kept", clients: quick, path: echo },
    { ...short, name: "idle", clients: quick * 2, longestPauseMs: IDLE_PAUSE_MS, path: echo },
    { ...short, name: "slow", clients: slow, path: sleep },
    { ...short, name: "stream", clients: slow, path: events },
  ];
}

/** Quick clients on connections of their own. */
export function quickClients(clients: number): ClientKind[] {
  return clientKinds(clients, 0, 0).filter((kind) => kind.name === "new");
}

/** Runs until `stop`. */
export class LossLoad {
  readonly tallies = new Map<ClientKind["name"], Tally>();
  readonly losses: Loss[] = [];
  readonly #port: number;
  readonly #connect: ClientOptions["connect"];
  readonly #clients: Promise<void>[] = [];
  #stopped = false;

  constructor(port: number, kinds: readonly ClientKind[], connect?: ClientOptions["connect"]) {
    this.#port = port;
    this.#connect = connect;
    for (const kind of kinds) {
      this.tallies.set(kind.name, { sent: 0, failed: 0, cut: 0 });
      for (let i = 0; i < kind.clients; i++) this.#clients.push(this.#run(kind));
    }
  }

  get sent(): number {
    return [...this.tallies.values()].reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Failed and cut together. */
  get lost(): number {
    return [...this.tallies.values()].reduce((sum, { failed, cut }) => sum + failed + cut, 0);
  }

  /** Lets every client end the request it is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(kind: ClientKind): Promise<void> {
    const { keepAlive } = kind;
    const options: ClientOptions = { port: this.#port, keepAlive, isRight, connect: this.#connect };
    const client = new Client(options);
    const tally = this.tallies.get(kind.name)!;
    for (let n = 0; !this.#stopped; n++) {
      const path = kind.path(n);
      const flight = new Flight();
      const timer = setTimeout(() => flight.abort(), TIMEOUT_MS);
      const cutBefore = client.resent;
      const outcome = await client.send(path, flight);
      clearTimeout(timer);
      tally.sent++;
      if (outcome !== "ok") {
        tally.failed++;
        this.#note(kind, path, outcome, flight);
      } else if (client.resent > cutBefore) {
        tally.cut++;
        this.#note(kind, path, "cut", flight);
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * kind.longestPauseMs));
    }
    client.close();
  }

  #note(kind: ClientKind, path: string, outcome: Loss["outcome"], flight: Flight): void {
    if (this.losses.length >= LOSSES_KEPT) return;
    const error = flight.error === undefined ? "" : String(flight.error);
    this.losses.push({ kind: kind.name, path, outcome, error, atMs: performance.now() });
  }
}

/** Whether the answer is the whole one to that very request. */
export function isRight(path: string, answer: string): boolean {
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  const [, kind, argument = ""] = path.split("/");
  if (kind === "echo") return body === argument;
  if (kind !== "events") return body === "ok\n";
  const events = [...body.matchAll(/^data: (\d+)$/gm)].map(([, number]) => Number(number));
  return events.length === Math.floor(Number(argument) / 50) && events.every((number, i) => number === i);
}
