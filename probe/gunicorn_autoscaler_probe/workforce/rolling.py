"""Workers replaced one by one: a new one is forked, and once it serves an old one drains.

Gunicorn's reload forks all new workers and stops the old ones at once, whether the new ones come up or not: twice the
processes for a while, and none that serves while they boot. Here there is one process more than the count, and never
fewer than the count that serve. Old ones that drain for long (websockets, downloads) come on top, where memory holds
them: else each would take its whole graceful timeout before the next. An old one may hold what a new one waits for in
its boot, such as a file lock: then it drains before the new one serves, as all do in gunicorn's reload.
"""
from .. import process_room
from . import file_locks

LOCK_HOLDER_DRAINS = 'gunicorn-autoscaler: worker %d drains now: a new worker waits for a file lock that it holds'
BOOTS_HANG = 'gunicorn-autoscaler: new workers hang in their boot: an old one drains, in case they need what it holds'
# No old one drains for a lock that is held only for a moment.
_LOCK_WAIT_NS = 10**9
# An old one that drains for so long holds up no other.
_LONG_DRAIN_NS = 10**9


class Rolling:
    """The old workers to be replaced, and how far it has come."""

    def __init__(self, server, arbiter_file, old, is_reload=False):
        """is_reload: all old ones are to go, not those that signals from outside name."""
        self._is_reload = is_reload
        self._server = server
        self._arbiter_file = arbiter_file
        self.old = set(old)
        self.has_successor = False  # a new worker has become ready
        self.has_failed = False  # the first new one ended before it was: the old ones stay
        # There is no room for one process more than the count, so an old one ends before a new one comes. To the end
        # of the reload: each end makes room for one only. Set later too, by a hook that has no place.
        self.is_crowded = arbiter_file.is_crowded()
        self._is_refused = False  # by a hook, and no new one has been forked since
        self._drained_for_room = 0  # old ones that drained so that a new one may come
        self._leaving = {}  # old ones that drain: since when
        self._is_end_awaited = False  # new ones may wait in their boot for what they hold
        self._waiting_since_ns = {}  # new ones that wait for a lock of an old one
        self._hung = set()  # new ones that were seen to hang in their boot
        self._served = set()  # new ones that were seen to serve
        self._drained_for_hung = 0  # old ones that drained because new ones hung

    def refused(self):
        """A hook let no new one come: maybe there is a place for one once an old one has ended."""
        self.is_crowded = self._is_refused = True

    def served(self, pid):
        """A new one came to its end after it had served."""
        self._served.add(pid)
        self.has_successor = True

    def rest(self, staying):
        """The old ones that still serve."""
        return [pid for pid in staying if pid in self.old]

    def gone(self):
        """How many of the old ones have ended, in a reload."""
        return len(self.old.difference(self._server.WORKERS)) if self._is_reload else 0

    def is_done(self, staying):
        """No old one serves; without room for one more process, the last has ended too."""
        return not self.rest(staying) and not (self.is_crowded and self._draining())

    def is_new(self, pid):
        return pid not in self.old

    def released(self, pid, now_ns):
        """An old one drains for a new one."""
        self._leaving[pid] = now_ns

    def surge(self, staying, now_ns):
        """Workers beyond the count: 1, or 0 while an old one drains, unless it drains for long and there is room."""
        before, self._leaving = self._leaving, self._draining()
        if before and not self._leaving:
            self._is_end_awaited = False
        if self.is_crowded or self._is_end_awaited:
            return 0
        if not self._leaving:
            return 1
        is_long = now_ns - max(self._leaving.values()) >= _LONG_DRAIN_NS
        return int(is_long and self._arbiter_file.is_roomy() and self._fits(staying))

    def _fits(self, staying):
        return process_room.fitting(self._server, 1, staying, self._arbiter_file.maximum()) > 0

    def _draining(self):
        workers = list(self._server.WORKERS)
        return {pid: since_ns for pid, since_ns in self._leaving.items() if pid in workers}

    def kept(self, booting):
        """Of so many that boot, those that stay beyond the count when it shrinks: the one that an old one waits for."""
        return min(booting, 0 if self.is_crowded else 1)

    def due(self, staying, stuck, serves, places, log):
        """How many old ones go now. stuck: those of `staying` that hang in their boot and count for nothing."""
        old = self.rest(staying)
        booting = self._booting(staying, serves)
        self._served.update(pid for pid in staying if self.is_new(pid) and pid not in booting)
        self._hung.update(pid for pid in booting if pid in stuck)
        self._is_refused &= not booting
        self.has_successor |= bool(self._served)
        is_booting = any(pid not in stuck for pid in booting)
        due = self.release([pid for pid in staying if pid not in stuck], places, is_booting)
        if due == 0 and self._must_drain_for_hung(booting, stuck, len(old)):
            log.warning(BOOTS_HANG)
            self._drained_for_hung += 1
            self._is_end_awaited = True
            due = 1
        return min(len(old), due)

    def lock_holders(self, staying, serves, now_ns):
        """The old worker, one at most, that holds a file lock for which a new one waits in its boot. It drains now."""
        locks = {} if self._leaving else file_locks.holders(self._booting(staying, serves))
        old = self.rest(staying)
        self._waiting_since_ns = {pid: self._waiting_since_ns.get(pid, now_ns)
                                  for pid, holder in locks.items() if holder in old}
        waited = [pid for pid, since_ns in self._waiting_since_ns.items() if now_ns - since_ns >= _LOCK_WAIT_NS]
        self._is_end_awaited |= bool(waited)
        return [locks[pid] for pid in waited[:1]]

    def _booting(self, staying, serves):
        return [pid for pid in staying if self.is_new(pid) and not serves(pid)]

    def _must_drain_for_hung(self, booting, stuck, old):
        """Whether an old one drains because two new ones hang, which may wait for what it holds. No second one drains
        until that has helped; the last old one drains only when a third new one hangs."""
        hang = sum(pid in stuck for pid in booting)
        enough = hang >= 2 and (old > 1 or self._served or len(self._hung) > 2)
        return enough and not self._leaving and self._drained_for_hung <= len(self._served)

    def release(self, staying, places, is_booting):
        """How many old ones drain now: one for each new worker that serves beyond the `places`, with none booting."""
        if is_booting or self.is_crowded and self._leaving:
            return 0
        surplus = len(staying) - places
        if surplus > 0 or not self.is_crowded or self._is_refused and self._drained_for_room > len(self._served):
            return max(surplus, 0)  # the hook refuses beside a free place too: the others stay
        self._drained_for_room += 1
        return 1


class Ages:
    """From 25 on gunicorn's reload ends with a wait for all workers older than it, and hears no doorbell meanwhile: a
    request that takes long would hold up all scaling. So no worker is older during that pass, and their order stays."""

    def __init__(self, server):
        self._server = server
        self._true = {}

    def hide(self, is_reloading):
        """At each pass: while gunicorn reloads, workers have other ages; before and after, their own."""
        workers = list(self._server.WORKERS.values())
        for worker in workers:
            worker.age = self._true.pop(worker, worker.age)  # hooks may read it
        self._true = {}
        if is_reloading:
            self._true = {worker: worker.age for worker in workers}
            for rank, worker in enumerate(sorted(workers, key=lambda worker: worker.age), 1):
                worker.age = self._server.worker_age + rank / (len(workers) + 1)
