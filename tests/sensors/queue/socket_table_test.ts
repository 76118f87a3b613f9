import { assertEquals } from "@std/assert";
import { parseSocketTable } from "../../../src/sensors/queue/socket_table.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
const LISTENING =
  "   0: 00000000:1F90 00000000:0000 0A 00000000:00000007 00:00000000 00000000  1000        0 15260 1 00000000b385ae50 100 0 0 10 0                     \n";
const ESTABLISHED =
  "  12: 0100007F:1F90 0100007F:A2C4 01 00000000:00000010 02:000AF0C8 00000000  1000        0 99887 2 00000000c385ae50 20 4 30 10 -1                    \n";
const SIX =
  "   0: 00000000000000000000000001000000:B291 00000000000000000000000000000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 15261 1 0000000054ec43dd 100 0 0 10 0\n";
const UDP =
  "  385: 0100007F:23A5 00000000:0000 07 00000000:00001B00 00:00000000 00000000     0        0 70001 2 00000000d385ae50 1234      \n";

Deno.test("Lines of /proc/net/tcp tell port, state, queue and inode", () => {
  assertEquals(parseSocketTable(HEADER + LISTENING + ESTABLISHED), [
    { localAddress: "00000000", localPort: 8080, state: 10, rxQueue: 7, inode: 15260, drops: 0 },
    { localAddress: "0100007F", localPort: 8080, state: 1, rxQueue: 16, inode: 99887, drops: 0 },
  ]);
});

Deno.test("Lines of /proc/net/tcp6 are read likewise", () => {
  assertEquals(parseSocketTable(HEADER + SIX), [
    {
      localAddress: "00000000000000000000000001000000",
      localPort: 45713,
      state: 10,
      rxQueue: 2,
      inode: 15261,
      drops: 0,
    },
  ]);
});

Deno.test("Lines of /proc/net/udp tell the datagrams dropped", () => {
  assertEquals(parseSocketTable(HEADER + UDP), [
    { localAddress: "0100007F", localPort: 9125, state: 7, rxQueue: 6912, inode: 70001, drops: 1234 },
  ]);
});

Deno.test("A truncated line is skipped, whatever its length", () => {
  for (let length = 0; length < 100; length++) {
    assertEquals(parseSocketTable(HEADER + LISTENING.slice(0, length)), [], `${length} characters`);
  }
});
