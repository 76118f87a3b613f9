/**
 * Hooks that set `server.num_workers` or send TTIN
 * Holds: so many start
 */
import { setUp } from "../support/set_up.ts";

for (
  const env of [
    {},
    { SLOW: "1" },
    { SLOW: "1", GUNICORN_AUTOSCALER_FORK_SERVER: "on" },
  ]
) {
  setUp(import.meta, {
    line: "-b 127.0.0.1:$PORT app:app",
    env,
    observe: async (server) => {
      await server.untilWorkers(3);
      return await server.stop();
    },
  });
}
