"""Meter of gunicorn's sync worker: one request at a time, from accept to close.

Around worker.handle rather than around the application: a client that trickles its headers keeps the worker busy, and
only here it shows. While connections follow each other without a pause the slot goes on saying "one in flight", and
totals are stored every 5 ms; when the worker begins to wait for a connection it says "none".
"""
from time import monotonic_ns

from ..words import (
    SEQ, LAST_CHANGE_NS, IN_FLIGHT, BUSY_NS, IN_FLIGHT_NS, STARTED, FINISHED, FAILED, SERVICE_NS)
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
            m[SEQ] = seq + 1  # odd: the words after it are being written
            m[LAST_CHANGE_NS] = now
            m[IN_FLIGHT] = 1
            m[STARTED] = histogram.finished + 1
            seq += 2
            m[SEQ] = seq
        except Exception as error:
            detach(error)

    def publish(now):
        nonlocal seq, shows_busy, due
        shows_busy = False
        try:
            histogram.add(durations)
            m[SEQ] = seq + 1
            m[LAST_CHANGE_NS] = now
            m[IN_FLIGHT] = 0
            m[BUSY_NS] = m[IN_FLIGHT_NS] = m[SERVICE_NS] = histogram.sum_ns
            m[STARTED] = m[FINISHED] = histogram.finished
            m[FAILED] = failures
            seq += 2
            m[SEQ] = seq
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
