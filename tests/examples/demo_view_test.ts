import { assert, assertEquals } from "@std/assert";
import { columnsIn, picture, type ViewOptions } from "../../examples/demo/view.ts";
import { Watch } from "../../examples/demo/watch.ts";

const options: ViewOptions = { title: "demo", sloMs: 300, maxWorkers: 4, maxRate: 10, color: false };

/** 4 s in 4 columns: 2 workers and 2 requests in each of the first two seconds, then 4 workers and 10 slow requests. */
function watched(): Watch {
  const watch = new Watch(4_000, 4);
  for (const [second, requests, workers, latencyMs] of [[0, 2, 2, 100], [1, 2, 2, 100], [2, 10, 4, 500]]) {
    watch.workers(second! * 1000, workers!);
    for (let i = 0; i < requests!; i++) {
      watch.sent(second! * 1000 + i);
      watch.answer(second! * 1000 + i, latencyMs!, "ok");
    }
  }
  return watch;
}

Deno.test("columns hold the rate, the most workers and the p95 of the requests that were due in them", () => {
  const watch = watched();
  assertEquals(watch.rates(3_500), [2, 2, 10, 0]);
  assertEquals(watch.workerCounts(3_500), [2, 2, 4, 0]);
  assertEquals(watch.p95s(3_500), [100, 100, 500, 0]);
});

Deno.test("a late answer counts where its request was due, and an answer that is none as an error", () => {
  const watch = watched();
  watch.sent(100);
  watch.answer(100, 3_000, "timeout");
  assertEquals(watch.p95s(3_500)[0], 3_000);
  assertEquals([watch.answered, watch.errors], [15, 1]);
});

Deno.test("the picture keeps its height while decisions come, so that it can be redrawn in place", () => {
  const watch = watched();
  const before = picture(watch, 3_000, options);
  for (let i = 0; i < 20; i++) watch.decisions.push({ atMs: i * 100, text: `decision ${i}` });
  const after = picture(watch, 3_000, options);
  assertEquals(after.length, before.length);
  assert(after.some((line) => line.includes("decision 19")));
  assert(!after.some((line) => line.includes("decision 3")));
});

Deno.test("four of four workers fill their chart, two fill half of it", () => {
  const rows = picture(watched(), 2_900, options).slice(6, 11).map((line) => line.slice(17));
  assertEquals(rows, ["  █", "  █", "▄▄█", "███", "███"]);
});

Deno.test("no line is wider than the terminal", () => {
  const watch = new Watch(4_000, columnsIn(80));
  watch.decisions.push({ atMs: 0, text: "x".repeat(300) });
  for (const line of picture(watch, 4_000, options)) assert(line.length <= 80, line);
});

Deno.test("colour marks a p95 over the objective, and only when asked for", () => {
  const plain = picture(watched(), 3_000, options).join("\n");
  const coloured = picture(watched(), 3_000, { ...options, color: true }).join("\n");
  assert(!plain.includes("\x1b"));
  assert(coloured.includes("\x1b[31m"));
});
