"""Places in gunicorn's threaded worker: its threads, and the queue of connections that wait for one.

The worker would accept a thousand connections more than it has threads. Here it accepts one more (on 21 to 23
two, because it accepts before it hands on). The others wait in the kernel's accept queue, from which any
worker takes them that has a thread free, and so does one that has just been added.

Requests that compute gain nothing from threads: because of the interpreter lock they only take turns. Where the
supervisor sees such requests, a worker accepts one at a time, and the others wait for whichever worker is free.
Those that wait for something else than the interpreter do not count.

With a maximum of one worker it accepts and keeps all connections, as gunicorn does.
"""
from collections import deque
from time import monotonic_ns

from ..words import (
    ALONE_UNTIL_NS, BUSY_THREADS, DRAINING, IN_FLIGHT, INNER_QUEUE, ONE_UNTIL_NS, PARALLEL, STATE, WEBSOCKETS)
from .client_close import watch_client_close
from .detach import detached
from .first_bytes import FRESH_NS, LOOK_EVERY_S, FirstBytes
from .waiting_requests import LOOK_NS, WaitingRequests

# Requests must have waited for a thread without a pause for so long before connections are ended. Shorter
# than a decision of the supervisor takes, and longer than a thread that is just done needs to take the next
# request.
FULL_NS = 50 * 10**6
_HOLD_S = 0.005
# A thread that has been given a connection may wait so long for a CPU, or for the interpreter.
_BEGINS_WITHIN_NS = 250 * 10**6
_AGAIN_S = min(FRESH_NS, LOOK_NS) / 10**9


def attach(worker, m, is_stale, flush, look):
    """Publish the threads that have a connection, and the length of the thread pool's queue, and keep it short.

    New connections are not accepted while one waits for a thread already. It is there so that a thread that
    is done finds the next request without the main thread's help. Requests on kept connections still come in.

    While requests go on waiting for a thread, answers end their connections: a kept one binds its client to this
    worker, and workers added beside it would stay idle. The client's next connection goes to a free worker. So do the
    answers of a draining worker.

    is_stale[0]: the meter holds something back, which flush() stores. look(): see gthread_meter.attach.
    """
    handle, notify, enqueue = worker.handle, worker.notify, worker.enqueue_req
    threads, most_connections = worker.cfg.threads, worker.worker_connections
    # From Python 3.13 on the pool's queue gives a connection to a thread that waits before that thread runs.
    handed = deque()  # one for each connection that the pool has, and no thread yet
    handed_at = 0
    pools_queue = getattr(getattr(worker.tpool, '_work_queue', None), 'qsize', None)
    if pools_queue is None:  # a pool that the user made: its queue is its own
        waiting, threads = _none, float('inf')
    else:
        def waiting():
            return max(len(handed), pools_queue())
    most_kept = getattr(worker, 'max_keepalived', 0)
    busy = deque()  # one for each thread that has a connection
    enter, leave = busy.append, busy.pop
    held = 0  # while the main loop waits for a client to close: all its threads, for none of them gets a connection
    full_since = 0  # 0 when a thread has found no request waiting
    shows_queue = ends_connections = accepts_none = is_one = False
    waits = WaitingRequests()
    taken_at = 0  # when a thread last got a connection, while one request is taken at a time
    slot = m

    def is_draining():
        try:
            return slot[STATE] == DRAINING
        except ValueError:  # there is no slot any more
            return False

    first_bytes = FirstBytes.of(worker, is_draining)
    select = worker.poller.select

    def takes_one():
        try:
            until = slot[ONE_UNTIL_NS]
            return until > 0 and until > monotonic_ns() and not slot[PARALLEL]
        except ValueError:
            return False

    def is_alone():
        try:
            until = slot[ALONE_UNTIL_NS]
            return until > 0 and until > monotonic_ns()
        except ValueError:
            return False

    def watched_enqueue(conn):
        nonlocal handed_at
        handed_at = monotonic_ns()
        handed.append(None)
        try:
            return enqueue(conn)
        except BaseException:
            begun()
            raise

    def begun():
        try:
            handed.pop()
        except IndexError:  # a worker class handles it without the pool
            pass

    def watched_handle(conn):
        nonlocal full_since, taken_at
        enter(None)
        begun()
        try:
            m[BUSY_THREADS] = held or len(busy)
            queued = more = waiting()
            if queued or shows_queue:
                show_queue(queued)
            if slot[ONE_UNTIL_NS]:
                taken_at = monotonic_ns()
                more += max(0, len(busy) - 1 - slot[WEBSOCKETS])
            if more or ends_connections or slot[STATE] == DRAINING:
                keep_or_end(more)
            else:
                full_since = 0
        except Exception as error:
            detach(error)
        try:
            return handle(conn)
        finally:
            leave()
            try:
                m[BUSY_THREADS] = held or len(busy)
            except Exception as error:
                detach(error)

    def show_queue(queued):
        nonlocal shows_queue
        shows_queue = queued > 0
        m[INNER_QUEUE] = queued

    def keep_or_end(more):
        nonlocal full_since, ends_connections
        now = monotonic_ns()
        if not more or is_alone():
            full_since = 0
        elif not full_since:
            full_since = now
        ends_connections = is_draining() or full_since > 0 and now - full_since > FULL_NS
        worker.max_keepalived = 0 if ends_connections else most_kept

    def watched_notify():
        """Called in each turn of the main loop, before it looks whether it may accept; the end of a request is one."""
        notify()
        queued = waiting()
        one = takes_one()
        if queued or accepts_none or one:
            accept_more(queued, one)
        if first_bytes is not None:
            free = most_connections if is_alone() else 0 if one else threads
            first_bytes.limit(free - queued - len(busy))
        try:
            if queued or shows_queue:
                show_queue(queued)
            ends = slot[STATE] == DRAINING or not worker.alive
        except Exception as error:
            ends = detach(error)
        if ends:
            look()

    def accept_more(queued, one):
        nonlocal accepts_none, is_one
        is_one = one and (queued > 0 or has_its_one())
        accepts_none = not is_alone() and (queued + len(busy) > threads or is_one)
        worker.worker_connections = 0 if accepts_none else most_connections

    def has_its_one():
        """A request computes, or a connection was taken just now, whose request has not begun."""
        in_service = slot[IN_FLIGHT]
        if len(busy) > in_service + slot[WEBSOCKETS] and monotonic_ns() - taken_at < FRESH_NS:
            return True
        return in_service > 0 and in_service > waits.among(in_service, taken_at)

    def watched_select(timeout=None):
        """Called in each turn, but when full up to 23. Stores what is held back when nothing happens for a moment."""
        if is_stale[0]:
            timeout = _HOLD_S if timeout is None else min(timeout, _HOLD_S)
        elif is_one:
            timeout = _AGAIN_S if timeout is None else min(timeout, _AGAIN_S)
        elif first_bytes is not None and first_bytes.held:
            timeout = LOOK_EVERY_S if timeout is None else min(timeout, LOOK_EVERY_S)
        events = select(timeout)
        if not events:
            settle()
        return events

    def settle():
        if is_stale[0]:
            flush()
        is_late = handed and not busy and monotonic_ns() - handed_at > _BEGINS_WITHIN_NS
        if is_late and not (pools_queue and pools_queue()):
            handed.clear()  # a worker class has dropped them
        try:
            m[BUSY_THREADS] = len(busy)
            show_queue(waiting())
        except Exception as error:
            detach(error)

    def note_closing(is_closing):
        nonlocal held
        held = (1 if takes_one() else worker.cfg.threads) if is_closing else 0
        try:
            m[BUSY_THREADS] = held or len(busy)
        except Exception as error:
            detach(error)

    def detach(error):
        nonlocal m
        m = detached(m, error)

    watch_client_close(note_closing)
    worker.handle, worker.enqueue_req = watched_handle, watched_enqueue
    worker.notify = watched_notify
    worker.poller.select = watched_select


def _none():
    return 0
