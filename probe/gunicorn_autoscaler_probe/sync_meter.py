"""Meter of gunicorn's sync worker: one request at a time, from accept to close.

Around worker.handle rather than around the application: a client that trickles its headers keeps the worker busy, and
only here it shows.
"""
from time import monotonic_ns

from . import words as w
from .failures import watch_failures
from .kernel_wait import KernelWait

_SERVICE = w.SERVICE_BUCKETS
_LAST_BUCKET = w.BUCKETS - 1


def attach(worker, m):
    """Meter `worker` into the words `m`. With at most one request the busy time is the in-flight integral as well."""
    handle = worker.handle
    wait = KernelWait(m)
    measure_wait = wait.measure
    wait_due = 0
    counts = [0] * w.BUCKETS
    seq = requests = failures = busy_ns = 0
    failed = False

    def note_failure(_):
        nonlocal failed
        failed = True

    def metered_handle(listener, client, addr):
        nonlocal seq, requests, failures, failed, busy_ns, wait_due
        began = monotonic_ns()
        requests += 1
        m[16] = seq + 1  # SEQ, odd: words 17-25 are being written
        m[17] = began
        m[18] = 1
        m[21] = requests
        if began > wait_due:
            wait_due = measure_wait(client, began)
        m[16] = seq + 2
        try:
            return handle(listener, client, addr)
        finally:
            now = monotonic_ns()
            took = now - began
            busy_ns += took
            m[16] = seq + 3
            m[17] = now
            m[18] = 0
            m[19] = m[20] = m[24] = busy_ns
            m[22] = requests
            if failed:
                failed = False
                failures += 1
                m[23] = failures
            seq += 4
            m[16] = seq
            bucket = took >> 16  # histogram.bucket_of, written out
            if bucket > 3:
                bits = bucket.bit_length()
                bucket = 4 * (bits - 2) + ((bucket >> (bits - 3)) & 3)
                if bucket > _LAST_BUCKET:
                    bucket = _LAST_BUCKET
            count = counts[bucket] + 1
            counts[bucket] = count
            m[_SERVICE + bucket] = count

    watch_failures(worker, note_failure)
    worker.handle = metered_handle
