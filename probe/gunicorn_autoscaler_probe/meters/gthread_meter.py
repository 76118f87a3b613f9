"""Meter of gunicorn's threaded worker: requests in its threads, and those that wait inside it for one.

The worker would accept a thousand connections more than it has threads. Here it accepts one more (on 21 to 23
two, because it accepts before it hands on). The others wait in the kernel's accept queue, from which any
worker takes them that has a thread free, and so does one that has just been added.
"""
from collections import deque
from time import monotonic_ns

from .. import words as w
from .detach import detached
from .failures import watch_failures
from .first_bytes import FirstBytes
from .kernel_wait import KernelWait
from .meter import HOLD_NS, LockedMeter


# Requests must have waited for a thread without a pause for so long before connections are ended. Shorter
# than a decision of the supervisor takes, and longer than a thread that is just done needs to take the next
# request.
FULL_NS = 50 * 10**6


def attach(worker, m):
    """Meter `worker` into the words `m`."""
    meter = LockedMeter(m, HOLD_NS)
    begin, end = meter.begin, meter.end
    wait = KernelWait(m)
    wait_due = 0
    failed = set()  # ids of requests that failed and have not ended yet; nearly always empty
    forgive = failed.discard

    def note_failure(req):
        failed.add(id(req))

    def metered(handle_request):
        def metered_handle_request(req, conn, *more):
            nonlocal wait_due
            began = begin()
            if began > wait_due:
                wait_due = began + 10**9  # keeps the other threads off meanwhile
                wait_due = wait.measure(conn.sock, began)
            try:
                return handle_request(req, conn, *more)
            finally:
                if failed and id(req) in failed:
                    forgive(id(req))
                    end(began, True)
                else:
                    end(began, False)
        return metered_handle_request

    watch_failures(worker, note_failure)
    worker.handle_request = metered(worker.handle_request)
    if hasattr(worker, 'handle_http2_request'):
        worker.handle_http2_request = metered(worker.handle_http2_request)
    _watch_queue(worker, m, meter.flush)


def _watch_queue(worker, m, flush):
    """Publish the length of the thread pool's queue whenever a connection enters or leaves it, and keep it short.

    New connections are not accepted while one waits for a thread already. It is there so that a thread that
    is done finds the next request without the main thread's help. Requests on kept connections still come in.

    While requests go on waiting for a thread, answers end their connections: a kept one binds its client to this
    worker, and workers added beside it would stay idle. The client's next connection goes to a free worker. So do the
    answers of a worker that is to go.
    """
    queue = getattr(worker.tpool, '_work_queue', None)
    if queue is None:  # a pool that the user made
        return
    waiting = queue.qsize
    enqueue_req, handle, notify = worker.enqueue_req, worker.handle, worker.notify
    threads, most_connections = worker.cfg.threads, worker.worker_connections
    most_kept = getattr(worker, 'max_keepalived', 0)
    full_since = 0  # 0 when a thread has found no request waiting
    busy = deque()  # one for each thread that has a connection
    slot = m
    inside = deque()  # one for each connection that a thread has or is to get; counted in many threads without a lock

    def is_draining():
        try:
            return slot[w.STATE] == w.DRAINING
        except ValueError:  # there is no slot any more
            return False

    first_bytes = FirstBytes.of(worker, is_draining)

    def note(word, count):
        nonlocal m
        try:
            m[word] = count
        except Exception as error:
            m = detached(m, error)

    def watched_enqueue_req(conn):
        inside.append(None)
        if first_bytes is not None:
            first_bytes.came(conn)
        try:
            enqueue_req(conn)
        except BaseException:  # one too many that stays would keep this worker from accepting for good
            inside.pop()
            raise
        note(w.INNER_QUEUE, waiting())

    def watched_handle(conn):
        nonlocal full_since
        queued = waiting()
        busy.append(None)
        note(w.INNER_QUEUE, queued)
        note(w.BUSY_THREADS, len(busy))
        full = False
        if not queued:
            full_since = 0
        elif not full_since:
            full_since = monotonic_ns()
        else:
            full = monotonic_ns() - full_since > FULL_NS
        worker.max_keepalived = 0 if full or is_draining() else most_kept
        try:
            return handle(conn)
        finally:
            inside.pop()
            busy.pop()
            note(w.BUSY_THREADS, len(busy))

    def watched_notify():
        """Called in each turn of the main loop, before it looks whether it may accept; the end of a request is one."""
        notify()
        flush()
        taken = len(inside)
        worker.worker_connections = 0 if taken > threads else most_connections
        if first_bytes is not None:
            first_bytes.limit(threads - taken)

    worker.enqueue_req = watched_enqueue_req
    worker.handle = watched_handle
    worker.notify = watched_notify
