/**
 * A lock that one worker can have, then HUP
 * Holds: the old worker goes, so that the new one serves
 */
import { get } from "../../support/http.ts";
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

for (const [lock, version] of [["flock", "20.1"], ["flock", "newest"], ["lockf", "newest"]] as const) {
  setUp(import.meta, {
    line: `-w 1 --env LOCK=${lock} -b 127.0.0.1:$PORT app:app`,
    versions: [version],
    observe: async (server) => {
      const pid = () => get({ port: server.port }, "/").then((answer) => answer.body, () => "");
      const before = await pid();
      Deno.kill(await server.arbiter(), "SIGHUP");
      await until(async () => !["", before].includes(await pid()), {
        timeoutMs: 20_000,
        everyMs: 50,
        what: "an answer of another worker",
      });
      return await server.stop();
    },
  });
}
