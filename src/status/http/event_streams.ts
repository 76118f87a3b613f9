import { hangUp } from "../../platform/hang_up.ts";
import { writeAll } from "./http_server.ts";

interface Stream {
  readonly connection: Deno.Conn;
  readonly ended: () => void;
  /** Since when a frame is on its way, ms; undefined when none is. */
  busySinceMs: number | undefined;
}

/** A client that has not taken a frame for this long is gone. */
const STUCK_MS = 15_000;

/**
 * The open event streams. Frames are encoded once for all. A client that has not taken the frame before gets no new one:
 * nothing is ever queued for it.
 */
export class EventStreams {
  readonly #most: number;
  readonly #streams = new Set<Stream>();
  /** Frames not sent to a client that was still busy with an earlier one. */
  droppedFrames = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Streams open now. */
  get count(): number {
    return this.#streams.size;
  }

  /** No further one may be added. */
  get isFull(): boolean {
    return this.#streams.size >= this.#most;
  }

  /**
   * Takes over a connection. `first` is sent before anything else.
   * @param ended called once when the stream is over
   */
  add(connection: Deno.Conn, first: Uint8Array, nowMs: number, ended: () => void): void {
    const stream: Stream = { connection, ended, busySinceMs: undefined };
    this.#streams.add(stream);
    this.#send(stream, first, nowMs);
    void this.#untilLeft(stream);
  }

  /** Sends a frame to all that are ready for one. */
  send(frame: Uint8Array, nowMs: number): void {
    for (const stream of this.#streams) {
      if (stream.busySinceMs === undefined) {
        this.#send(stream, frame, nowMs);
      } else if (nowMs - stream.busySinceMs > STUCK_MS) {
        this.#end(stream);
      } else {
        this.droppedFrames++;
      }
    }
  }

  /** Ends all. */
  close(): void {
    for (const stream of this.#streams) this.#end(stream);
  }

  #send(stream: Stream, frame: Uint8Array, nowMs: number): void {
    stream.busySinceMs = nowMs;
    writeAll(stream.connection, frame).then(
      () => stream.busySinceMs = undefined,
      () => this.#end(stream),
    );
  }

  /** A client of an event stream sends nothing more: its bytes are dropped until it leaves. */
  async #untilLeft(stream: Stream): Promise<void> {
    const buffer = new Uint8Array(512);
    let bytes = 0;
    try {
      for (let count = await stream.connection.read(buffer); count !== null && bytes < 65_536;) {
        bytes += count;
        count = await stream.connection.read(buffer);
      }
    } catch {
      // Reset, or closed by us.
    }
    this.#end(stream);
  }

  #end(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    hangUp(stream.connection);
    stream.ended();
  }
}
