/**
 * A `--timeout` shorter than the requests, with threads or an event loop
 * Holds: they are answered during a shrink and after TERM
 * Differs: bare loses those of a worker that TTOU stops
 * Note: The timeout is a heartbeat there: 5 to 15 s detect a blocked loop. Seen in Kludex/uvicorn #611 and
 * benoitc/gunicorn #1377.
 */
import { allAnswered, longRequests } from "../support/long_requests.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "--threads 4 --timeout 2 -b 127.0.0.1:$PORT app:app",
  own: ["--min-workers=1"],
  observe: (server) => longRequests(server, { has: 1, from: 3, seconds: 3 }),
  compare: allAnswered,
});

for (const worker of ["uvicorn_worker.UvicornWorker", "asgi"]) {
  setUp(import.meta, {
    line: `-k ${worker} --timeout 2 -b 127.0.0.1:$PORT app:asgi`,
    own: ["--min-workers=1"],
    versions: ["newest"],
    observe: (server) => longRequests(server, { has: 1, from: 3, seconds: 3 }),
    compare: allAnswered,
  });
}
