"""What the paths of the test apps do. Standard library only.

    /            answers at once
    /sleep/MS    waits MS ms (a slow dependency): no CPU
    /cpu/MS      burns MS ms of CPU time, however long that takes on a busy machine
    /free/MS     burns about MS ms of CPU time in C code that lets go of the GIL
    /stuck/MS    holds the GIL in one C call for about MS ms: no signal handler, thread or event loop runs
    /database/MS waits MS ms on a connection to the database: a byte of the FIFO that DATABASE_FIFO names
    /fail        status 500
    /raise       the app raises
    /pid         pid of the worker
    /echo/TEXT   answers TEXT: the answer to this request and to no other
"""
import collections
import itertools
import os
import time

_stuck_rounds_per_ms = 0.0


def burn_cpu(ms):
    """Keep this thread on the CPU until it has used ms milliseconds of it."""
    end = time.thread_time_ns() + int(ms * 1e6)
    while time.thread_time_ns() < end:
        for _ in range(200):
            pass


def burn_without_gil(ms):
    """Keep this thread on the CPU for about as long, without the GIL."""
    import hashlib  # a worker of another user may not find it
    end = time.thread_time_ns() + int(ms * 1e6)
    while time.thread_time_ns() < end:
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 5000)


def hold_gil(ms):
    """Stay about ms milliseconds inside one C call that keeps the GIL and looks at no signal."""
    global _stuck_rounds_per_ms
    if not _stuck_rounds_per_ms:
        begin = time.thread_time()  # a busy machine would make it look slow
        _spin(1000000)
        _stuck_rounds_per_ms = 1000000 / ((time.thread_time() - begin) * 1e3)
    _spin(int(ms * _stuck_rounds_per_ms))


def query_database(ms):
    """Wait for a free connection, then ms milliseconds for the answer. Connections are shared by all workers."""
    fifo = os.open(os.environ["DATABASE_FIFO"], os.O_RDWR)
    try:
        connection = os.read(fifo, 1)
        try:
            time.sleep(ms / 1e3)
        finally:
            os.write(fifo, connection)
    finally:
        os.close(fifo)


def _spin(rounds):
    collections.deque(itertools.repeat(None, rounds), maxlen=0)


def parse(path):
    """'/sleep/100' -> ('sleep', 100.0); '/' -> ('', 0.0)."""
    parts = path.strip("/").split("/")
    try:
        return parts[0], float(parts[1])
    except (IndexError, ValueError):
        return parts[0], 0.0


def work(path):
    """Do what a path asks for, blocking. Returns (status, body)."""
    kind, ms = parse(path)
    if kind == "sleep":
        time.sleep(ms / 1e3)
    elif kind == "cpu":
        burn_cpu(ms)
    elif kind == "free":
        burn_without_gil(ms)
    elif kind == "stuck":
        hold_gil(ms)
    elif kind == "database":
        query_database(ms)
    elif kind == "fail":
        return 500, b"failed\n"
    elif kind == "raise":
        raise RuntimeError("the app was asked to raise")
    elif kind == "pid":
        return 200, b"%d\n" % os.getpid()
    elif kind == "echo":
        return 200, path[len("/echo/"):].encode()
    return 200, b"ok\n"
