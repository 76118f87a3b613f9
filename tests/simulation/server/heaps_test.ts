import { assertEquals } from "@std/assert";
import { AcceptQueue } from "../../../src/simulation/server/requests/accept_queue.ts";
import { EventHeap } from "../../../src/simulation/server/event_heap.ts";
import { Random } from "../../../src/simulation/server/random.ts";
import { WorkerHeap } from "../../../src/simulation/server/workers/worker_heap.ts";

Deno.test("events come out in the order of their times, with all that they carry", () => {
  const random = new Random(1, 1);
  const heap = new EventHeap();
  const model: [number, number, number, number][] = [];
  for (let i = 0; i < 20_000; i++) {
    if (random.uniform() < 0.6 || model.length === 0) {
      const event: [number, number, number, number] = [random.uniform(), random.below(9), i, random.below(5)];
      heap.push(...event);
      model.push(event);
    } else {
      const earliest = model.reduce((best, one, at) => one[0] < model[best]![0] ? at : best, 0);
      const [event] = model.splice(earliest, 1);
      const timeMs = heap.nextMs();
      heap.pop();
      assertEquals([timeMs, heap.what, heap.id, heap.epoch], event!);
    }
    if (model.length > 300) model.splice(0).forEach(() => heap.pop());
    assertEquals(heap.size, model.length);
  }
});

Deno.test("a worker heap keeps the smallest key on top whatever is set, moved or removed", () => {
  const random = new Random(2, 1);
  const heap = new WorkerHeap(40);
  const model = new Map<number, number>();
  for (let i = 0; i < 50_000; i++) {
    const worker = random.below(40);
    if (random.uniform() < 0.7) {
      const key = random.uniform();
      heap.set(worker, key);
      model.set(worker, key);
    } else {
      heap.remove(worker);
      model.delete(worker);
    }
    assertEquals(heap.size, model.size);
    assertEquals(heap.topKey(), Math.min(Infinity, ...model.values()));
    if (model.size > 0) assertEquals(model.get(heap.top()), heap.topKey());
  }
});

Deno.test("an accept queue that grows keeps its order", () => {
  const queue = new AcceptQueue();
  let pushed = 0, shifted = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 100 + round * 7; i++) queue.push(pushed++);
    for (let i = 0; i < 60; i++) assertEquals(queue.shift(), shifted++);
  }
  while (queue.length > 0) assertEquals(queue.shift(), shifted++);
  assertEquals(shifted, pushed);
});
