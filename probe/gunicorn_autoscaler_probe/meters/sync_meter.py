"""Meter of gunicorn's sync worker: one request at a time, from accept to close.

Around worker.handle rather than around the application: a client that trickles its headers keeps the worker busy, and
only here it shows. While connections follow each other without a pause the slot goes on saying "one in flight", and
totals are stored every 5 ms; when the worker begins to wait for a connection it says "none".
"""
from time import monotonic_ns

from .detach import detached
from .failures import watch_failures
from .kernel_wait import KernelWait
from .meter import HOLD_NS, Histogram


def attach(worker, m):
    """Meter `worker` into the words `m`. With at most one request the busy time is the in-flight integral as well."""
    handle, wait_for_connection = worker.handle, worker.wait
    measure_wait = KernelWait(m).measure
    histogram = Histogram(m)
    durations = []  # not in the slot yet
    note = durations.append
    shows_busy = False
    seq = failures = due = wait_due = 0

    def metered_handle(listener, client, addr):
        nonlocal wait_due
        began = monotonic_ns()
        if not shows_busy:
            show_busy(began)
        if began > wait_due:
            wait_due = measure_wait(client, began)
        try:
            return handle(listener, client, addr)
        finally:
            now = monotonic_ns()
            note(now - began)
            if now > due or not worker.alive:
                publish(now)

    def show_busy(now):
        nonlocal seq, shows_busy
        shows_busy = True
        try:
            m[16] = seq + 1  # SEQ, odd: words 17-25 are being written
            m[17] = now
            m[18] = 1
            m[21] = histogram.finished + 1
            seq += 2
            m[16] = seq
        except Exception as error:
            detach(error)

    def publish(now):
        nonlocal seq, shows_busy, due
        shows_busy = False
        try:
            histogram.add(durations)
            m[16] = seq + 1
            m[17] = now
            m[18] = 0
            m[19] = m[20] = m[24] = histogram.sum_ns
            m[21] = m[22] = histogram.finished
            m[23] = failures
            seq += 2
            m[16] = seq
        except Exception as error:
            detach(error)
        durations.clear()
        due = now + HOLD_NS

    def detach(error):
        nonlocal m, histogram
        m = detached(m, error)
        histogram = Histogram(m)

    def note_failure(_):
        nonlocal failures
        failures += 1

    def metered_wait(timeout):
        if durations:
            publish(monotonic_ns())
        return wait_for_connection(timeout)

    watch_failures(worker, note_failure)
    worker.handle = metered_handle
    worker.wait = metered_wait
