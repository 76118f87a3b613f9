"""A TERM before a worker has its own handlers must reach it.

A forked worker inherits the master's handlers, which only queue: a SIGTERM in the first milliseconds is lost, and a
stop, sent once, waits out the graceful timeout for that worker. Here such a signal is held back by the kernel from
before the fork until the child has a handler that ends it; gunicorn's own take that one's place soon after.
"""
import os
import signal

from .. import early_end

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)

# Hooks of a fork cannot be taken back, and every fork of this process and its children runs them: they act on
# this only.
_is_forking_worker = False
_mask_before = None
_is_registered = False


def install(server):
    """Wrap spawn_worker of this arbiter. Once for each arbiter; whatever else it forks stays as it is."""
    global _is_registered
    if not _is_registered:
        os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_handle_in_worker)
        _is_registered = True
    original = server.spawn_worker

    def spawn_worker():
        global _is_forking_worker
        _is_forking_worker = True
        try:
            return original()
        finally:  # in a worker too, at its end
            _is_forking_worker = False

    server.spawn_worker = spawn_worker


def _hold():
    global _mask_before
    if _is_forking_worker:
        _mask_before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _release():
    global _mask_before
    mask, _mask_before = _mask_before, None
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _handle_in_worker():
    global _is_forking_worker
    _is_forking_worker = False  # what this worker forks is not ours
    if _mask_before is None:
        return
    try:
        _handle_with(_end)  # what is raised in a hook of a fork is dropped
    finally:
        _release()
    _handle_with(early_end.leave)


def _handle_with(handler):
    for number in _SIGNALS:
        signal.signal(number, handler)


def _end(number, frame):
    """Ends a worker in which no code has run yet, not even a hook."""
    os._exit(0)
