"""In a process just forked from the fork server: become the arbiter's child, then the worker it asks for."""
import io
import os
import pickle
import signal
import sys
from time import sleep

from .. import early_end
from ..polling import POLLIN, poll
from . import ending, kernel, rehearsal, reseed, wire
from .worker_state import arbiter_state, log_files, siblings

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_LOOK_EVERY_S = 0.0002
# The order for a worker that is wanted comes sooner.
_AT_ONCE_MS = 50


class OtherOs:
    """The module os as gunicorn's arbiter module sees it during one call: only these functions are others."""

    def __init__(self, **functions):
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(os, name)


class Order:
    """The arbiter's order for a worker. Pickled: pre_fork may have set anything on the worker."""

    def __init__(self, age, attributes, environ, unset, arbiter_changes=(), siblings=(), gone=0):
        """attributes, environ: what pre_fork set on the worker and in the environment; unset: variables it removed;
        arbiter_changes: see arbiter_state.py; siblings: see siblings.py; gone: see
        counted_workers.py."""
        self.age = age
        self.attributes = attributes
        self.environ = environ
        self.unset = unset
        self.arbiter_changes = arbiter_changes
        self.siblings = siblings
        self.gone = gone

    def packed(self):
        """As bytes. Raises an error of pickle's for what cannot be handed over."""
        needed = self.age, self.attributes, self.environ, self.unset
        data = _pickled(needed + (self.arbiter_changes, self.siblings, self.gone))
        return data if len(data) <= wire.MOST_BYTES else _pickled(needed)

    @classmethod
    def unpacked(cls, data):
        """The order of `packed` bytes."""
        return cls(*pickle.loads(data))


class _Pickler(pickle.Pickler):
    """Refuses shared memory: a worker would open it anew, and Python would remove it at that worker's end."""

    def reducer_override(self, value):
        if isinstance(value, sys.modules['multiprocessing.shared_memory'].SharedMemory):
            raise pickle.PicklingError('shared memory cannot be handed over')
        return NotImplemented


def _pickled(value):
    if 'multiprocessing.shared_memory' not in sys.modules:
        return pickle.dumps(value)
    data = io.BytesIO()
    _Pickler(data).dump(value)
    return data.getvalue()


def live(server, middle_pid, channel, name, on_slot, effects, pages):
    """The life of a worker. Ends the process.

    middle_pid: the parent, about to end; channel: the socket on which its order comes; name: the worker's process name;
    on_slot(fd, tell): told the descriptor of the worker's slot, and what to call once it serves; effects, pages:
    ImportEffects and UsualPages of the fork server.
    """
    for number in _STOPS:
        signal.signal(number, _end)  # no code of the application has run yet
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    pages.copy_at_once()
    reseed.reseed()
    if not pages.is_at_once:
        rehearsal.rehearse(server)  # while the parent ends, which takes as long
    try:
        with channel:
            while os.getppid() == middle_pid:
                sleep(_LOOK_EVERY_S)
            if os.getppid() != server.pid:  # the arbiter is dead, or may not adopt
                os._exit(0)
            kernel.die_with(server.pid)  # it may wait long for its order
            wire.send(channel, b'%d' % os.getpid())
            if not _has_order(channel, _AT_ONCE_MS):  # a spare
                pages.copy(lambda: _has_order(channel, 0))
            data, descriptors = wire.receive(channel)
            kernel.outlive_parent()
    except OSError:
        os._exit(0)
    if not data or not descriptors:  # the arbiter is gone or has given up
        os._exit(0)
    code = None
    try:
        for number in _STOPS:
            signal.signal(number, early_end.leave)
        kernel.set_name(name)
        pages.keep_to_tell()
        if len(descriptors) > 1:
            on_slot(descriptors[1], pages.tell)
        _run(server, Order.unpacked(data), descriptors[0], effects)
    except SystemExit as error:
        code = error.code
    ending.end(code)  # out of the handler: functions of atexit find no error that is being handled


def _has_order(channel, within_ms):
    waiting = poll()
    waiting.register(channel, POLLIN)
    return waiting.poll(within_ms)


def _end(number, frame):
    os._exit(0)


def _run(server, order, heartbeat_fd, effects):
    """gunicorn's own spawn_worker, from its fork on, in the child."""
    import gunicorn.arbiter as arbiter_module
    from gunicorn.workers import base
    os.environ.update(order.environ)
    for key in order.unset:
        os.environ.pop(key, None)
    heartbeat_class = base.WorkerTmp

    def heartbeat(cfg):
        base.WorkerTmp = heartbeat_class
        made = heartbeat_class.__new__(heartbeat_class)
        made._tmp = open(heartbeat_fd, 'w+b', 0)
        made.spinner = 0  # up to gunicorn 20
        return made

    def fork():
        arbiter_module.os = os
        return 0

    def pre_fork(server, worker):  # the user's has run, in the arbiter
        worker.__dict__.update(order.attributes)
        log_files.mark_no_more(server.log)
        siblings.stand_in(server, worker, order.siblings, order.gone)
        effects.follow(worker)

    arbiter_state.apply(server, order.arbiter_changes)
    base.WorkerTmp = heartbeat
    server.cfg.settings['pre_fork'].value = pre_fork  # not by cfg.set, which inspects it: that takes a millisecond
    server.worker_age = order.age - 1
    arbiter_module.os = OtherOs(fork=fork)
    type(server).spawn_worker(server)
