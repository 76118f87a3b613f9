import { assertEquals } from "@std/assert";
import { appended, Series } from "../../src/status/series.ts";
import type { Point } from "../../src/status/status_types.ts";

const point = (at: number, ready = 1) => ({ at, ready }) as Point;

/** A series of points at these times. */
function seriesOf(...times: number[]): Series {
  const series = new Series(3);
  for (const at of times) series.push(point(at));
  return series;
}

Deno.test("a full series drops its oldest point", () => {
  assertEquals(seriesOf(1, 2, 3, 4).columns().at, [2, 3, 4]);
});

Deno.test("a newer point is appended to every column", () => {
  const columns = appended(seriesOf(1, 2).columns(), point(3, 7));
  assertEquals(columns.at, [1, 2, 3]);
  assertEquals(columns.ready, [1, 1, 7]);
});

Deno.test("a point that is not newer changes nothing", () => {
  const columns = seriesOf(1, 2).columns();
  assertEquals(appended(columns, point(2, 7)), columns);
});

Deno.test("columns that are full drop their oldest point", () => {
  assertEquals(appended(seriesOf(1, 2, 3).columns(), point(4), 3).at, [2, 3, 4]);
});

Deno.test("the first point of empty columns is kept", () => {
  assertEquals(appended(new Series().columns(), point(1)).at, [1]);
});
