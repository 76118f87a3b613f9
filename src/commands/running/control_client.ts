import { errorText } from "../../error_text.ts";
import { CONTROL_SOCKET } from "../../status/http/listen.ts";

/** Bytes of a folder whose socket surely has a path that the kernel takes, of 107 at most. */
const SHORT_DIR = 90;

/** What an instance answered: the HTTP status and the body. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: string;
}

/** An instance gives a request and its answer 5 s each; one that is stopped (Ctrl-Z, a debugger) gives no answer. */
const LONGEST_MS = 10_000;

/**
 * Asks a running instance over its private socket. Not by fetch, which takes a third of the time of a status command.
 * @throws Error "Cannot ask ..." when there is no answer
 */
export async function askInstance(
  dir: string,
  method: "GET" | "POST",
  path: string,
  body = "",
  longestMs = LONGEST_MS,
): Promise<ControlAnswer> {
  using connection = await connect(dir);
  return await withinTime(dir, answerOf(connection, dir, method, path, body), longestMs);
}

async function answerOf(
  connection: Deno.Conn,
  dir: string,
  method: string,
  path: string,
  body: string,
): Promise<ControlAnswer> {
  let text = "";
  try {
    await send(connection, method, path, body);
    const decoder = new TextDecoder();
    for await (const chunk of connection.readable) text += decoder.decode(chunk, { stream: true });
  } catch {
    throw cannot(dir, "it broke off its answer");
  }
  const end = text.indexOf("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  if (end < 0 || !(status > 0)) throw cannot(dir, "it broke off its answer");
  return { status, body: text.slice(end + 4) };
}

/** The events of a running instance as they come: name and JSON text. Ends when the instance does. */
export async function* followInstance(dir: string): AsyncGenerator<{ name: string; data: string }> {
  using connection = await connect(dir);
  await send(connection, "GET", "/events", "");
  const decoder = new TextDecoder();
  let rest = "";
  const chunks = connection.readable[Symbol.asyncIterator]();
  const first = withinTime(dir, chunks.next(), LONGEST_MS);
  for (let next = await first; !next.done; next = await chunks.next()) {
    const chunk = next.value;
    const frames = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = frames.pop()!;
    for (const frame of frames) {
      const name = /^event: (.+)$/m.exec(frame)?.[1];
      if (name === undefined) continue;
      const data = [...frame.matchAll(/^data: (.*)$/gm)].map((match) => match[1]).join("\n");
      yield { name, data };
    }
  }
}

async function connect(dir: string): Promise<Deno.UnixConn> {
  try {
    // A short one is asked at once: what makes long ones short takes time to load.
    if (new TextEncoder().encode(dir).length < SHORT_DIR) {
      return await Deno.connect({ transport: "unix", path: `${dir}/${CONTROL_SOCKET}` });
    }
    const { shortPath } = await import("../../status/http/short_path.ts");
    using socket = shortPath(dir, CONTROL_SOCKET);
    return await Deno.connect({ transport: "unix", path: socket.path });
  } catch (error) {
    throw cannot(dir, errorText(error));
  }
}

async function send(connection: Deno.Conn, method: string, path: string, body: string): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const head = new TextEncoder().encode(
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  for (const part of [head, bytes]) {
    for (let at = 0; at < part.length;) at += await connection.write(part.subarray(at));
  }
}

/** @throws Error "Cannot ask ..." when it takes longer */
async function withinTime<T>(dir: string, answer: Promise<T>, longestMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(cannot(dir, `no answer within ${longestMs / 1000} s`)), longestMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function cannot(dir: string, why: string): Error {
  return new Error(`Cannot ask the autoscaler in ${dir}: ${why}, look at its log`);
}
