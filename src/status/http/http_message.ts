/** Just enough HTTP/1.1 for a status server: one small request a connection, one answer. Apart from sockets. */

/** What was asked. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What is answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** The methods that the path has, where the one that was used is none of them. */
  readonly allow?: string;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Nothing from another host, no frames, no sniffing of types, nothing kept. */
const COMMON_HEADERS = [
  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options: nosniff",
  "X-Frame-Options: DENY",
  "Referrer-Policy: no-referrer",
  "Cross-Origin-Resource-Policy: same-origin",
  "Cross-Origin-Opener-Policy: same-origin",
  "Cache-Control: no-store",
  "Connection: close",
];

const encoder = new TextEncoder();

/** A plain sentence as an answer. */
export function textAnswer(status: number, text: string): HttpAnswer {
  return { status, type: "text/plain; charset=utf-8", body: text + "\n" };
}

/** The answer to a method that the path does not have. */
export function notAllowed(text: string, allow: string): HttpAnswer {
  return { ...textAnswer(405, text), allow };
}

/** A value as an answer. */
export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  return { status, type: "application/json", body: JSON.stringify(value) + "\n" };
}

/** The bytes of an answer; without its body for HEAD. */
export function encodeAnswer({ status, type, body, allow }: HttpAnswer, method: string): Uint8Array {
  const bytes = encoder.encode(body);
  const head = encoder.encode(
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Unknown"}\r\nContent-Type: ${type}\r\n` +
      (allow === undefined ? "" : `Allow: ${allow}\r\n`) +
      `Content-Length: ${bytes.length}\r\n${COMMON_HEADERS.join("\r\n")}\r\n\r\n`,
  );
  if (method === "HEAD") return head;
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}

/** The head of an answer that stays open as an event stream until the connection ends. */
export function eventStreamHead(): Uint8Array {
  return encoder.encode(
    `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${
      COMMON_HEADERS.join("\r\n")
    }\r\n\r\nretry: 1000\n\n`,
  );
}

/** One event of a stream. */
export function eventFrame(name: string, data: string): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${data.replaceAll("\n", "\ndata: ")}\n\n`);
}

/** With a path, or the whole URL as a proxy is asked (RFC 9112, 3.2.2), whose host counts and not the header's. */
const REQUEST_LINE =
  /^([A-Z]{1,16}) (?:[Hh][Tt]{2}[Pp][Ss]?:\/\/([\w.:[\]-]+))?([/?][\x21-\x7e]*)? HTTP\/1\.[01]$/;

/** Reads the head of a request, without its last empty line; undefined when it is none. */
export function parseHead(text: string): Omit<HttpRequest, "body"> | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const match = REQUEST_LINE.exec(first);
  if (match === null) return undefined;
  const [, method = "", host, target = ""] = match;
  if (host === undefined && !target.startsWith("/")) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (field === null) return undefined;
    const name = field[1]!.toLowerCase();
    // A header that decides about the request and comes twice is an attack or a broken proxy.
    if (headers.has(name) && (name === "host" || name === "content-length")) return undefined;
    headers.set(name, field[2]!);
  }
  if (host !== undefined) headers.set("host", host);
  return { method, path: target.split(/[?#]/, 1)[0] || "/", headers };
}

/** Bytes of body that follow the head; undefined for a length that makes no sense, or chunks, which no client sends here. */
export function bodyLength(headers: ReadonlyMap<string, string>): number | undefined {
  if (headers.has("transfer-encoding")) return undefined;
  const text = headers.get("content-length");
  if (text === undefined) return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
