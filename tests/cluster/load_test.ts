import { assertEquals, assertStringIncludes } from "@std/assert";
import { drive } from "./load.ts";

/** A Service of one pod that answers so. */
function pod(
  answer: (count: number) => Response,
): { any(): { hostname: string; port: number } } & AsyncDisposable {
  let count = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => answer(++count),
  );
  const { hostname, port } = server.addr;
  return { any: () => ({ hostname, port }), [Symbol.asyncDispose]: () => server.shutdown() };
}

const phases = [{ ratePerS: 40, seconds: 0.5, serviceMs: 1 }];

Deno.test("a load whose requests are all answered with 200 has lost none", async () => {
  await using service = pod(() => new Response("ok"));
  const sent = await drive(service, phases, () => {});
  assertEquals(sent.lost, []);
  assertEquals(sent.requests > 5, true);
});

Deno.test("a request that is answered with an error, or that no pod is there for, is lost", async () => {
  await using service = pod((count) => new Response("", { status: count === 2 ? 503 : 200 }));
  const refused = await drive(service, phases, () => {});
  assertEquals(refused.lost.length, 1);
  assertStringIncludes(refused.lost[0]!, "answered with 503");
  const nowhere = {
    any: () => {
      throw new Error("no pod is ready");
    },
  };
  const lost = await drive(nowhere, phases, () => {});
  assertEquals(lost.lost.length, lost.requests);
});
