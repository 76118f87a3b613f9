"""Meter of the requests that gunicorn's threaded worker serves in its threads.

A lock costs as much as all the rest. So each request has a span of its own, completed by its thread with one
append, and what threads share is only appended to and popped, which no other thread can come in between.
Totals are stored by one thread at a time, which sums up the spans. A websocket has a thread, and is no request in
service.
"""
from _thread import allocate_lock
from collections import deque
from time import monotonic_ns

from ..words import (
    SEQ, LAST_CHANGE_NS, IN_FLIGHT, BUSY_NS, IN_FLIGHT_NS, STARTED, FINISHED, FAILED, SERVICE_NS, WEBSOCKETS)
from . import gthread_places
from .detach import detached
from .failures import watch_failures
from .kernel_wait import KernelWait
from .meter import HOLD_NS, Histogram
from .wsgi_meter import is_websocket

# Ends of requests store a bit before the next begin would, which would be one store more.
_AHEAD_NS = 10**6


def attach(worker, m, look):
    """Meter `worker` into the words `m`. look(): called in each turn of its main loop once it drains."""
    wait = KernelWait(m)
    histogram = Histogram(m)
    in_service = deque()  # one for each request in service
    enter, leave = in_service.append, in_service.pop
    begun = deque()  # spans that no store has seen: [began], and [began, ended] from the end on
    note = begun.append
    websockets = deque()  # one for each that is open
    failures = deque()  # requests that failed since the last store
    storing = allocate_lock()
    is_stale = [False]  # something is held back
    open_spans = []  # seen by a store, in service then
    seq = failed = busy_ns = busy_until = begin_due = end_due = wait_due = 0

    def metered(handle_request):
        def metered_handle_request(req, conn, *more):
            nonlocal wait_due
            if is_websocket(req):
                return kept_apart(handle_request, req, conn, *more)
            began = monotonic_ns()
            span = [began]
            note(span)
            enter(None)
            is_stale[0] = True
            try:
                m[IN_FLIGHT] = len(in_service)
            except Exception as error:
                detach(error)
            if began > begin_due:
                store()
            if began > wait_due:
                wait_due = began + 10**9  # keeps the other threads off meanwhile
                wait_due = wait.measure(conn.sock, began)
            try:
                return handle_request(req, conn, *more)
            finally:
                ended = monotonic_ns()
                span.append(ended)
                leave()
                is_stale[0] = True
                try:
                    m[IN_FLIGHT] = len(in_service)
                except Exception as error:
                    detach(error)
                if ended > end_due or not worker.alive:
                    flush()
        return metered_handle_request

    def kept_apart(handle_request, *arguments):
        websockets.append(None)
        is_stale[0] = True
        flush()
        try:
            return handle_request(*arguments)
        finally:
            websockets.pop()
            is_stale[0] = True
            flush()

    def note_failure(req):
        if not is_websocket(req):  # it ends without an answer
            failures.append(req)

    def flush():
        """Store what is held back."""
        nonlocal begin_due, end_due
        store()
        begin_due = monotonic_ns() + HOLD_NS
        end_due = begin_due - _AHEAD_NS

    def store():
        nonlocal seq, failed
        if not storing.acquire(False):
            return  # another thread does
        try:
            is_stale[0] = False
            while failures:
                failures.pop()
                failed += 1
            now, durations, open_ns = sum_up()
            histogram.add(durations)
            m[SEQ] = seq + 1  # odd: the words after it are being written
            m[LAST_CHANGE_NS] = now
            m[IN_FLIGHT] = len(in_service)
            m[BUSY_NS] = busy_ns
            m[IN_FLIGHT_NS] = histogram.sum_ns + open_ns
            m[FINISHED] = histogram.finished
            m[STARTED] = histogram.finished + len(open_spans)
            m[FAILED] = failed
            m[WEBSOCKETS] = len(websockets)
            m[SERVICE_NS] = histogram.sum_ns
            seq += 2
            m[SEQ] = seq
        except Exception as error:
            detach(error)
        finally:
            storing.release()

    def sum_up():
        """(now, times of the requests that ended, time in service of those that have not); busy_ns goes up to now."""
        nonlocal open_spans, busy_ns, busy_until
        spans = open_spans
        while begun:
            spans.append(begun.popleft())
        spans.sort()
        open_spans, durations, open_ns = [], [], 0
        now = monotonic_ns()
        for span in spans:
            if len(span) == 2:
                began, ended = span
                durations.append(ended - began)
            else:
                open_spans.append(span)
                began, ended = span[0], now
                open_ns += now - began
            if ended > busy_until:
                busy_ns += ended - (began if began > busy_until else busy_until)
                busy_until = ended
        return now, durations, open_ns

    def detach(error):
        nonlocal m, histogram
        m = detached(m, error)
        histogram = Histogram(m)

    watch_failures(worker, note_failure)
    worker.handle_request = metered(worker.handle_request)
    if hasattr(worker, 'handle_http2_request'):
        worker.handle_http2_request = metered(worker.handle_http2_request)
    gthread_places.attach(worker, m, is_stale, flush, look)
