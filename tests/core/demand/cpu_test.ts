/** Workers for the cores in use. */
import { assertEquals } from "@std/assert";
import { workersForCores } from "../../../src/core/demand/cpu.ts";
import { computing, demand } from "./demand_scenes.ts";

Deno.test("an async worker is planned for 0.7 of a core", () => {
  assertEquals(workersForCores("uvicorn", 2.1), 3);
  assertEquals(workersForCores("uvicorn", 2.2), 4);
});

Deno.test("a gthread worker is planned for 0.85 of a core", () => {
  assertEquals(workersForCores("gthread", 1.7), 2);
  assertEquals(workersForCores("gthread", 1.8), 3);
});

Deno.test("no core in use, no worker", () => assertEquals(workersForCores("uvicorn", 0), 0));

Deno.test("before workers are removed there must be cores for 15 % more, in async workers", () => {
  assertEquals(demand(computing(2.4, "uvicorn")).enough, 4); // 2.76 / 0.7
});

Deno.test("before workers are removed there must be cores for 15 % more, in gthread workers", () => {
  assertEquals(demand(computing(2.4, "gthread")).enough, 4); // 2.76 / 0.85
});
