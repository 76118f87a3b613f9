import { assertEquals } from "@std/assert";
import {
  parseDiagAnswer,
  tcpListenRequest,
  unixListenRequest,
} from "../../../src/sensors/queue/sock_diag.ts";

/** A netlink message of this type around a body. */
function message(type: number, body: number[]): number[] {
  const size = 16 + body.length;
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint32(0, size, true);
  view.setUint16(4, type, true);
  return [...header, ...body, ...new Array((4 - size % 4) % 4).fill(0)];
}

function inet(family: number, state: number, port: number, queued: number, inode: number): number[] {
  const body = new Uint8Array(72);
  const view = new DataView(body.buffer);
  body[0] = family;
  body[1] = state;
  view.setUint16(4, port, false);
  view.setUint32(8, 0x7f000001, false);
  view.setUint32(56, queued, true);
  view.setUint32(60, 2048, true);
  view.setUint32(68, inode, true);
  return message(20, [...body]);
}

function unix(state: number, inode: number, attributes: number[]): number[] {
  const body = new Uint8Array(16);
  body.set([1, 1, state]);
  new DataView(body.buffer).setUint32(4, inode, true);
  return message(20, [...body, ...attributes]);
}

const RQLEN_9 = [12, 0, 4, 0, 9, 0, 0, 0, 128, 0, 0, 0];
/** UNIX_DIAG_NAME "/x", padded to four bytes. */
const NAME = [6, 0, 0, 0, 47, 120, 0, 0];
const DONE = message(3, [0, 0, 0, 0]);

function parse(...messages: number[][]) {
  const bytes = new Uint8Array(messages.flat());
  return parseDiagAnswer(bytes, bytes.length);
}

Deno.test("Listening TCP sockets have port, queue and inode", () => {
  assertEquals(parse(inet(2, 10, 8000, 5, 111), inet(10, 10, 8001, 0, 222), DONE), {
    rows: [
      { inode: 111, port: 8000, address: "0100007F", queued: 5 },
      { inode: 222, port: 8001, address: `0100007F${"0".repeat(24)}`, queued: 0 },
    ],
    done: true,
    failed: false,
  });
});

Deno.test("Listening unix sockets are those with the attribute for their queue", () => {
  assertEquals(parse(unix(10, 333, [...NAME, ...RQLEN_9])), {
    rows: [{ inode: 333, port: 0, address: "", queued: 9 }],
    done: false,
    failed: false,
  });
});

Deno.test("Sockets that do not listen, or have no queue, are skipped", () => {
  assertEquals(parse(inet(2, 1, 8000, 5, 111), unix(1, 333, RQLEN_9), unix(10, 334, NAME), DONE).rows, []);
});

Deno.test("A refusal of the kernel is a failure", () => {
  assertEquals(parse(message(2, [254, 255, 255, 255])), { rows: [], done: true, failed: true });
});

Deno.test("A message longer than the datagram is a failure, one shorter than its kind is skipped", () => {
  const cut = new Uint8Array(inet(2, 10, 8000, 5, 111));
  assertEquals(parseDiagAnswer(cut, 40), { rows: [], done: true, failed: true });
  assertEquals(parse(message(20, [2, 10, 0, 0]), DONE).rows, []);
});

Deno.test("The requests ask for a dump of listening sockets", () => {
  for (
    const [request, bytes, family] of [[tcpListenRequest(4), 72, 2], [tcpListenRequest(6), 72, 10]] as const
  ) {
    assertEquals([request.length, request[0], request[16], request[17]], [bytes, bytes, family, 6]);
    assertEquals(new DataView(request.buffer).getUint32(20, true), 1 << 10);
  }
  assertEquals([unixListenRequest().length, unixListenRequest()[16]], [40, 1]);
});
