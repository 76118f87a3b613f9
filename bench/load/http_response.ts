/** Just enough HTTP/1.1 to know when an answer has ended and how: the load generator must cost little. */

/** Where the answer in a buffer stands. */
export interface Progress {
  /** The whole answer is there. */
  readonly complete: boolean;
  /** 0 until the status line is there. */
  readonly status: number;
  /** The connection can be used again. */
  readonly reusable: boolean;
  /** It ends where the connection ends. */
  readonly untilClose: boolean;
}

const PARTIAL: Progress = { complete: false, status: 0, reusable: false, untilClose: false };
const latin1 = new TextDecoder("latin1");

/** Looks at the first `length` bytes of a buffer. */
export function progress(buffer: Uint8Array, length: number): Progress {
  const text = latin1.decode(buffer.subarray(0, length));
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return PARTIAL;
  const head = text.slice(0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const reusable = head.startsWith("http/1.1") && !/\r\nconnection:\s*close/.test(head);
  const bodyBytes = length - headEnd - 4;
  const contentLength = head.match(/\r\ncontent-length:\s*([0-9]+)/)?.[1];
  if (contentLength !== undefined) {
    return { complete: bodyBytes >= Number(contentLength), status, reusable, untilClose: false };
  }
  if (/\r\ntransfer-encoding:.*chunked/.test(head)) {
    const complete = text.endsWith("\r\n0\r\n\r\n") && bodyBytes > 5 ||
      text.slice(headEnd + 4) === "0\r\n\r\n";
    return { complete, status, reusable, untilClose: false };
  }
  return { complete: status === 204 || status === 304, status, reusable: false, untilClose: true };
}
