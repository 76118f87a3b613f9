import { longRequests } from "../support/long_requests.ts";
import { setUp } from "../support/set_up.ts";

for (const workers of ["--workers 1 --threads 8", "--workers 1 --threads 8 -k gthread"]) {
  setUp(import.meta, {
    line: `--bind 127.0.0.1:$PORT ${workers} --timeout 0 app:app`,
    observe: (server) => longRequests(server, { has: 1, from: 1, seconds: 1.5 }),
  });
}
