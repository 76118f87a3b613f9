import type { HttpAnswer, HttpRequest } from "./http_message.ts";
import { jsonAnswer, notAllowed, textAnswer } from "./http_message.ts";
import type { Handled } from "./http_server.ts";
import { METRICS_TYPE } from "../metrics/metrics_text.ts";

/** The data and actions that requests can reach. */
export interface Pages {
  isAlive(): boolean;
  isReady(): boolean;
  /** JSON texts; undefined before the first tick. */
  status(): string | undefined;
  history(): string;
  metrics(): string | undefined;
  /** The connection taken over as an event stream; undefined when there are too many. */
  events(): Handled | undefined;
  /** A file of the dashboard. */
  asset(path: string): HttpAnswer | undefined;
  isAllowedHost(header: string | undefined): boolean;
  /** Carries out a command; undefined for a path that is none. */
  command(request: HttpRequest): HttpAnswer | undefined;
}

const TOLD = ["/livez", "/readyz", "/status", "/history", "/metrics", "/events"];
const PATHS = `/, ${TOLD.slice(0, -1).join(", ")} and ${TOLD.at(-1)}`;
const COMMANDS = ["/order", "/settings"];
const STARTING = "Cannot tell yet: gunicorn is starting, ask again in a second";

/** The path can only be a file of the dashboard. */
export function isAssetPath(path: string): boolean {
  return !TOLD.includes(path) && !COMMANDS.includes(path);
}

/**
 * Answers a request.
 * @param local it came over the private unix socket: commands are carried out, and any Host will do
 */
export function route(request: HttpRequest, pages: Pages, local: boolean): Handled {
  const { method, path, headers } = request;
  if (!local && !pages.isAllowedHost(headers.get("host"))) {
    return textAnswer(
      421,
      "Cannot answer for this host name: it is not known here, call by address or name it with --status-hosts",
    );
  }
  if (COMMANDS.includes(path)) return command(request, pages, local);
  if (method !== "GET" && method !== "HEAD") {
    return notAllowed(`Cannot ${method} ${path}: it is only read, use GET`, "GET, HEAD");
  }
  switch (path) {
    case "/livez":
      return pages.isAlive()
        ? textAnswer(200, "alive")
        : textAnswer(503, "the autoscaler's loop has stopped");
    case "/readyz":
      return pages.isReady() ? textAnswer(200, "ready") : textAnswer(503, "no worker serves yet");
    case "/status":
      return json(pages.status());
    case "/history":
      return json(pages.history());
    case "/metrics": {
      const text = pages.metrics();
      return text === undefined ? textAnswer(503, STARTING) : { status: 200, type: METRICS_TYPE, body: text };
    }
    case "/events":
      if (method === "HEAD") return notAllowed("Cannot HEAD /events: its answer has no end, use GET", "GET");
      return pages.events() ??
        textAnswer(503, "Cannot open another event stream: there are too many, close one");
  }
  return pages.asset(path) ?? textAnswer(404, `Cannot find ${path}: there are ${PATHS}`);
}

function command(request: HttpRequest, pages: Pages, local: boolean): HttpAnswer {
  if (!local) {
    return textAnswer(
      403,
      "Cannot change anything over TCP: use the commands (pause, resume, scale, set) on the machine itself",
    );
  }
  const { method, path } = request;
  if (method !== "POST") return notAllowed(`Cannot ${method} ${path}: it is only written, use POST`, "POST");
  return pages.command(request) ??
    jsonAnswer(404, {
      errors: [`Cannot find ${path}: there are /order and /settings, POST to one of them`],
    });
}

function json(body: string | undefined): HttpAnswer {
  return body === undefined ? textAnswer(503, STARTING) : { status: 200, type: "application/json", body };
}
