import type { WorkerKind, WorkerModel } from "../core/sample.ts";

/** gunicorn's short names and their classes, subclasses first. */
const KINDS: readonly [RegExp, WorkerKind][] = [
  [/UvicornWorker|UvicornH11Worker|^uvicorn/, "uvicorn"],
  [/gasgi\.ASGIWorker|^asgi$/, "asgi"],
  [/GeventPyWSGIWorker|^gevent_pywsgi$/, "gevent_pywsgi"],
  [/GeventWorker|^gevent(_wsgi)?$/, "gevent"],
  [/EventletWorker|^eventlet$/, "eventlet"],
  [/TornadoWorker|^tornado$/, "tornado"],
  [/ThreadWorker|^gthread$/, "gthread"],
  [/SyncWorker|^sync$/, "sync"],
];

/** The kind of a worker class, by its name or the names of its base classes. */
function kindOfClass(names: readonly string[]): WorkerKind {
  for (const [pattern, kind] of KINDS) if (names.some((name) => pattern.test(name))) return kind;
  return "unknown";
}

/**
 * How one worker serves. gunicorn itself turns sync with more than one thread into gthread.
 *
 * @param connections worker_connections: what the async kinds take at once
 */
export function workerModel(names: readonly string[], threads: number, connections: number): WorkerModel {
  const named = kindOfClass(names);
  const kind = named === "sync" && threads > 1 ? "gthread" : named;
  if (kind === "gthread") return { kind, slots: Math.max(1, threads) };
  return { kind, slots: kind === "sync" || kind === "unknown" ? 1 : Math.max(1, connections) };
}
