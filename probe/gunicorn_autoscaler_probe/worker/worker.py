"""What the probe does in a worker, hook by hook."""
import os
import signal

from .. import kinds, report, slot, words as w
from ..page import Page
from . import last_work, linger, oom
from .attach import attach  # here, in the master: a worker may have lost the right to read our folder


class Worker:
    """One worker's slot, from fork to ready."""

    def __init__(self, folder):
        self._folder = folder
        self._page = None
        self._slot_fd = None
        self._tell = _no_one
        self._kind = kinds.UNKNOWN
        self.linger_ns = 0  # how long it is kept after its last request

    def take_slot(self, fd, tell):
        """This worker's slot was made by the master; `fd`, ours to close, is its descriptor. tell() is to be called
        once it serves."""
        self._slot_fd, self._tell = fd, tell

    def forked(self, server, worker):
        """post_fork: open the slot, still as the user the master runs as."""
        oom.end_first()
        self._kind = kinds.kind_of(type(worker))
        if self._slot_fd is None:
            self._page = slot.create(self._folder, self._kind, kinds.slots_of(self._kind, worker.cfg), worker.age)
        else:
            self._page = Page(self._slot_fd)
            os.close(self._slot_fd)

    def initialized(self, worker):
        """post_worker_init: the application is loaded. Attach the meter; a worker without one is ready too."""
        if self._page is None:
            return
        words = self._page.words

        def on_ready():
            """Some meters call it in a request."""
            try:
                if slot.mark_ready(words):
                    last_work.started()
                    _wake(getattr(worker, 'ppid', 0))
                    self._tell()
            except Exception as error:
                report.trouble('say that this worker serves', error, worker.log)

        is_ready = True
        try:
            is_metered, is_ready = attach(worker, self._kind, words, on_ready, self.linger_ns)
            words[w.METERED] = 1 if is_metered else 0
            if self.linger_ns:
                linger.before_end(worker, words, self.linger_ns)
            last_work.see_out(worker, self._kind, words)
        except Exception as error:
            report.trouble('attach the meter', error, worker.log)
        if is_ready:
            on_ready()


def _no_one():
    pass


def _wake(arbiter_pid):
    """Have the arbiter look at its workers now: in a reload an old one waits for this one. To gunicorn it is
    one look for ended workers more. Without the right to signal it, the arbiter looks once a second."""
    if arbiter_pid and os.getppid() == arbiter_pid:
        try:
            os.kill(arbiter_pid, signal.SIGCHLD)
        except OSError:
            pass
