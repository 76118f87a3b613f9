"""A reload whose new code cannot boot must not take down the workers that serve.

Gunicorn's reload forks the new workers and stops the old ones at once, whether the new ones come up or not; if they do
not, the whole server ends. Here one new worker comes first. Once it is ready the others are forked and the old ones
go; if it dies, the old ones stay. One, not all: twice the workers would be twice the memory.
"""
import time

from .. import slot, words as w

# A boot that takes longer is given the benefit of the doubt: the reload goes on as gunicorn's does.
_LONGEST_WAIT_S = 10
_LOOK_EVERY_S = 0.02

READY, DIED, SLOW = 'ready', 'died', 'slow'


class Handover:
    """One reload, from the on_reload hook to gunicorn's manage_workers at its end."""

    def __init__(self, server, old, retired, first=1):
        """old: pids of all workers there are; retired: those of them that go because of the reload, others were leaving
        before. Has gunicorn's reload fork `first` workers instead of all."""
        self._server = server
        self._old = old
        self.retired = retired
        self._workers = server.cfg.workers
        server.cfg.set('workers', first)

    def restore(self):
        """Put back the setting that was bent for the reload."""
        self._server.cfg.set('workers', self._workers)

    def await_first(self, folder):
        """READY, DIED or SLOW: what became of the first new worker. Blocks the master, as gunicorn's own reload does."""
        server = self._server
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while True:
            new = [pid for pid in list(server.WORKERS) if pid not in self._old]
            if not new:
                return DIED
            for pid in new:
                head = slot.glance(folder, pid)
                if head is not None and head[w.READY_NS]:
                    return READY
            if time.monotonic() > deadline:
                return SLOW
            time.sleep(_LOOK_EVERY_S)
            server.reap_workers()  # from 24 on nobody else does while the main loop stands

    def spare_the_wait(self):
        """From 25 on gunicorn's reload ends with a wait for all workers older than it, and hears no doorbell meanwhile:
        a request that takes long would hold up all scaling. Nobody is older now, the old stay ordered among themselves.
        """
        for rank, pid in enumerate(sorted(self._old)):
            worker = self._server.WORKERS.get(pid)
            if worker is not None:
                worker.age = self._server.worker_age + (rank + 1) / (len(self._old) + 1)
