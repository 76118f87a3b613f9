import { assertEquals } from "@std/assert";
import { isAsync } from "../../src/core/kinds.ts";

Deno.test("kinds with a loop serve many requests at once; sync, gthread and unknown ones do not", () => {
  for (const kind of ["gevent", "gevent_pywsgi", "eventlet", "tornado", "uvicorn", "asgi"] as const) {
    assertEquals(isAsync(kind), true, kind);
  }
  for (const kind of ["sync", "gthread", "unknown"] as const) assertEquals(isAsync(kind), false, kind);
});
