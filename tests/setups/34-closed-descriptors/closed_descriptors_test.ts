/**
 * A preloaded application that closes all descriptors
 * Holds: workers serve and are scaled
 */
import { setUp } from "../support/set_up.ts";

for (const launcher of [undefined, ["./launch.sh"]]) {
  setUp(import.meta, {
    ...(launcher === undefined ? {} : { launcher, versions: ["newest"] as const }),
    line: "-w 2 --preload -b 127.0.0.1:$PORT app:app",
    observe: async (server) => {
      await server.scale(2, 3);
      await server.untilWorkers(3);
      const statuses = await Promise.all(Array.from({ length: 8 }, () => server.status("/")));
      const failures = server.process.text().match(/Exception in worker|ended before it served/g) ?? [];
      const code = await server.stop();
      return { statuses, failures, code: launcher === undefined ? code : 0 };
    },
  });
}
