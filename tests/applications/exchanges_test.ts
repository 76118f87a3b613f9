import { assertEquals } from "@std/assert";
import { freeTcpPort } from "../support/port.ts";
import { exchanges } from "./exchanges.ts";

Deno.test("a WebSocket counts when its message came back", async () => {
  let opened = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const number = opened++;
    socket.onmessage = ({ data }) => {
      if (number === 0) socket.close();
      else socket.send(number === 1 ? "another" : data);
    };
    return response;
  });
  const { port } = server.addr;
  assertEquals(await exchanges(`ws://127.0.0.1:${port}/`, 100, 5), 3);
  assertEquals(opened, 5);
});

Deno.test("a WebSocket that is refused is lost", async () => {
  assertEquals(await exchanges(`ws://127.0.0.1:${freeTcpPort()}/`, 100, 2), 0);
});
