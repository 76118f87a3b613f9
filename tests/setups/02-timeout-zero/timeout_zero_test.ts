/**
 * `--timeout 0`: no heartbeat
 * Holds: long requests are answered; the graceful timeout stays gunicorn's 30 s
 * Note: Seen in GoogleCloudPlatform/python-docs-samples (`run/helloworld/Dockerfile`).
 */
import { allAnswered, longRequests } from "../support/long_requests.ts";
import { setUp } from "../support/set_up.ts";

for (const workers of ["--workers 1 --threads 8", "--workers 1 --threads 8 -k gthread"]) {
  setUp(import.meta, {
    line: `--bind 127.0.0.1:$PORT ${workers} --timeout 0 app:app`,
    observe: (server) => longRequests(server, { has: 1, from: 1, seconds: 1.5 }),
  });
}

for (const worker of ["sync app:app", "uvicorn_worker.UvicornWorker app:asgi", "asgi app:asgi"]) {
  setUp(import.meta, {
    line: `--bind 127.0.0.1:$PORT --timeout 0 -k ${worker}`,
    own: ["--min-workers=1", "--max-workers=3"],
    versions: ["newest"],
    observe: (server) => longRequests(server, { has: 1, from: 3, seconds: 1.5 }),
    compare: allAnswered,
  });
}
