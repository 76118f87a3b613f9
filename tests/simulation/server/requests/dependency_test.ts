import { assertEquals } from "@std/assert";
import { EventHeap } from "../../../../src/simulation/server/event_heap.ts";
import { Dependency } from "../../../../src/simulation/server/requests/dependency.ts";

/** When each request has its answer, by its number: so many begin at 0 ms, each takes 100 ms. */
function answers(connections: number, requests: number): [number, number][] {
  const events = new EventHeap();
  const database = new Dependency(connections, events);
  for (let request = 0; request < requests; request++) database.begin(request, 100, 0);
  const ends: [number, number][] = [];
  while (events.size > 0) {
    const nowMs = events.nextMs();
    events.pop();
    ends.push([events.id, nowMs]);
    database.end(nowMs);
  }
  return ends.sort((a, b) => a[0] - b[0]);
}

Deno.test("without a limit all requests are served at once", () => {
  assertEquals(answers(Infinity, 3), [[0, 100], [1, 100], [2, 100]]);
});

Deno.test("requests beyond the connections wait for one, first come, first served", () => {
  assertEquals(answers(2, 5), [[0, 100], [1, 100], [2, 200], [3, 200], [4, 300]]);
});
