import type { Logger } from "@logtape/logtape";
import { errorText } from "../../error_text.ts";
import type { FolderPart } from "../../platform/runtime_dir.ts";
import type { Settings } from "../../settings/settings.ts";
import { addressText } from "../../settings/setting_types.ts";
import type { TickRecord } from "../../supervisor/supervisor.ts";
import { StatusBoard } from "../board.ts";
import { Control, type ControlledSupervisor } from "./control.ts";
import type { dashboardAsset } from "../dashboard/assets.ts";
import { KEPT_DECISIONS } from "../decision_list.ts";
import { EventStreams } from "./event_streams.ts";
import { hostNames, isAllowedHost, isLoopback } from "./host_check.ts";
import { eventFrame, eventStreamHead, type HttpAnswer, type HttpRequest } from "./http_message.ts";
import { type Handled, HttpServer } from "./http_server.ts";
import { CONTROL_SOCKET, listenUnix } from "./listen.ts";
import { metricsText } from "../metrics/metrics_text.ts";
import { readLiveDetails, type SensorReadings, type SupervisorHealth } from "../read_live_details.ts";
import { isAssetPath, type Pages, route } from "./routes.ts";
import { shortPath } from "./short_path.ts";
import { type Identity, statusReport } from "../status_report.ts";

/** Event streams at once, over TCP and the socket together; connections at once, each. */
const MOST_STREAMS = 128;
const MOST_CONNECTIONS = 192;
const REQUEST_MS = 5_000;
/** Decisions in an event, which comes every second; /status has all that are kept. */
const DECISIONS_IN_EVENT = 5;

/** What is shown, and where. */
export interface StatusServerOptions {
  /** The private runtime folder: the unix socket is made in it. */
  readonly dir: string;
  readonly settings: Settings;
  /** What listens on --status-addr; undefined where that is off. */
  readonly listener: Deno.Listener | undefined;
  readonly identity: Identity;
  readonly log: Logger;
}

/** The parts of the running autoscaler that are shown and controlled. */
export interface LiveParts {
  readonly supervisor: ControlledSupervisor & SupervisorHealth & { readonly paceMs: number };
  readonly sensing: SensorReadings & { clock(): number; setForkServer(mode: Settings["forkServer"]): void };
}

/**
 * Serves status and commands: on a unix socket in the runtime folder, and read-only on TCP with --status-addr. No error
 * here reaches the supervisor.
 */
export class StatusServer implements Pages {
  readonly #options: StatusServerOptions;
  readonly #board = new StatusBoard();
  readonly #streams = new EventStreams(MOST_STREAMS);
  readonly #servers = new Set<HttpServer>();
  #local: HttpServer | undefined;
  readonly #hosts: readonly string[];
  #live: LiveParts | undefined;
  #control: Control | undefined;
  /** The files of the dashboard, 120 kB of text: they are loaded when the first is asked for. */
  #dashboard: typeof dashboardAsset | undefined;
  #isFaultLogged = false;
  /** Texts of the last tick, made once for all requests. */
  #cache: { readonly record: TickRecord | undefined; status?: string | undefined; metrics?: string } = {
    record: undefined,
  };

  /** Takes over the listener, and opens the socket. */
  constructor(options: StatusServerOptions) {
    this.#options = options;
    const { dir, settings: { statusAddr, statusHosts }, listener, log } = options;
    this.#hosts = hostNames(statusHosts);
    if (statusAddr !== "off" && listener !== undefined) {
      this.#serve(listener, false);
      const { port } = listener.addr as Deno.NetAddr; // a free one where 0 is given
      const address = addressText({ host: statusAddr.host, port });
      log.info("status: http://{address}/", { address });
      if (!isLoopback(statusAddr.host)) {
        log.warn(
          "anyone who reaches {address} can read the status: keep it on a private network",
          { address },
        );
      }
    }
    try {
      this.#serveSocket();
    } catch (error) {
      log.warn(
        "Cannot open the socket for status and commands in {dir}: {error}, they will not find this instance",
        { dir, error: errorText(error) },
      );
    }
  }

  /** Shows and controls these parts from now on. */
  attach(live: LiveParts): void {
    this.#live = live;
    const { log, settings } = this.#options;
    this.#control = new Control(
      live.supervisor,
      settings,
      () => live.sensing.clock(),
      (line) => log.info("{line}, by hand", { line }),
      (changed) => live.sensing.setForkServer(changed.forkServer),
    );
  }

  /** Takes in a tick. Never throws. */
  readonly note = (record: TickRecord): void => {
    try {
      this.#note(record);
    } catch (error) {
      if (this.#isFaultLogged) return;
      this.#isFaultLogged = true;
      this.#options.log.error("the status server failed ({error}); scaling is not affected", {
        error: String(error),
      });
    }
  };

  /** Ends all streams and connections, and the sockets. */
  async close(): Promise<void> {
    this.#streams.close();
    await Promise.all([...this.#servers].map((server) => server.close()));
  }

  isAlive(): boolean {
    const live = this.#live;
    return live === undefined ||
      this.#board.isAlive(live.sensing.clock(), live.supervisor.paceMs);
  }

  isReady(): boolean {
    return this.#board.isReady;
  }

  status(): string | undefined {
    const cache = this.#cached();
    return cache.status ??= this.#report(KEPT_DECISIONS);
  }

  history(): string {
    return JSON.stringify(this.#board.history());
  }

  metrics(): string | undefined {
    const cache = this.#cached();
    const live = this.#liveDetails();
    if (cache.record === undefined || live === undefined) return undefined;
    return cache.metrics ??= metricsText({
      board: this.#board,
      record: { ...cache.record, standing: this.#live!.supervisor.standing },
      live,
      identity: this.#options.identity,
      server: { eventStreams: this.#streams.count, droppedFrames: this.#streams.droppedFrames },
    });
  }

  asset(path: string): HttpAnswer | undefined {
    return this.#dashboard?.(path);
  }

  isAllowedHost(header: string | undefined): boolean {
    return isAllowedHost(header, this.#hosts);
  }

  command(request: HttpRequest): HttpAnswer | undefined {
    const answer = this.#control?.handle(request);
    // The next request sees the command, not the state at the last tick.
    this.#cache = { record: undefined };
    return answer;
  }

  /** The stream of a server; which one is known when it is taken over. */
  events(): Handled | undefined {
    if (this.#streams.isFull) return undefined;
    return {
      takeOver: (connection) => {
        const first = [eventStreamHead(), eventFrame("history", this.history())];
        const status = this.status();
        if (status !== undefined) first.push(eventFrame("status", status));
        const ended = () => this.#servers.forEach((server) => server.forget(connection));
        this.#streams.add(connection, joined(first), performance.now(), ended);
      },
    };
  }

  /** The socket for commands, to be opened anew when its file was removed; not on a file system that has none. */
  get files(): readonly FolderPart[] {
    return this.#local === undefined ? [] : [{ name: CONTROL_SOCKET, make: () => this.#serveSocket() }];
  }

  #serveSocket(): void {
    using socket = shortPath(this.#options.dir, CONTROL_SOCKET);
    const server = this.#serve(listenUnix(socket.path), true);
    if (this.#local !== undefined) {
      this.#servers.delete(this.#local);
      void this.#local.close();
    }
    this.#local = server;
  }

  #serve(listener: Deno.Listener, local: boolean): HttpServer {
    const server = new HttpServer(listener, {
      handle: (request) => this.#handle(request, local),
      mostConnections: MOST_CONNECTIONS,
      timeoutMs: REQUEST_MS,
    });
    this.#servers.add(server);
    return server;
  }

  async #handle(request: HttpRequest, local: boolean): Promise<Handled> {
    if (isAssetPath(request.path)) {
      this.#dashboard ??= (await import("../dashboard/assets.ts")).dashboardAsset;
    }
    return route(request, this, local);
  }

  #note(record: TickRecord): void {
    const { second, decision } = this.#board.note(record, this.#live?.sensing.workers ?? [], Date.now());
    if ((!second && decision === undefined) || this.#streams.count === 0) return;
    const report = this.#report(DECISIONS_IN_EVENT);
    if (report !== undefined) this.#streams.send(eventFrame("status", report), performance.now());
  }

  #report(decisions: number): string | undefined {
    const live = this.#liveDetails();
    if (live === undefined) return undefined;
    const standing = this.#live?.supervisor.standing;
    const report = statusReport(
      this.#board,
      live,
      this.#options.identity,
      Date.now(),
      decisions,
      standing,
    );
    return report === undefined ? undefined : JSON.stringify(report, rounded);
  }

  #liveDetails() {
    if (this.#live === undefined) return undefined;
    const { sensing, supervisor } = this.#live;
    return readLiveDetails(sensing, supervisor, this.#board.busy);
  }

  #cached() {
    if (this.#cache.record !== this.#board.record) this.#cache = { record: this.#board.record };
    return this.#cache;
  }
}

/** A few digits are enough. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Math.round(value * 1e4) / 1e4 : value;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
