import { assertEquals } from "@std/assert";
import { hasLock, isAsync } from "../../src/core/kinds.ts";

Deno.test("kinds with a loop serve many requests at once; sync, gthread and unknown ones do not", () => {
  for (const kind of ["gevent", "gevent_pywsgi", "eventlet", "tornado", "uvicorn", "asgi"] as const) {
    assertEquals(isAsync(kind), true, kind);
  }
  for (const kind of ["sync", "gthread", "unknown"] as const) assertEquals(isAsync(kind), false, kind);
});

Deno.test("threads take turns to compute where they share an interpreter lock", () => {
  assertEquals(hasLock({ kind: "gthread", slots: 4 }), true);
  assertEquals(hasLock({ kind: "gthread", slots: 4, isParallel: true }), false);
  assertEquals(hasLock({ kind: "sync", slots: 1 }), false);
});
