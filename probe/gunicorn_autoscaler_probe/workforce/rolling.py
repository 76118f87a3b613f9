"""Workers replaced one by one: a new one is forked, and once it serves an old one drains.

Gunicorn's reload forks all new workers and stops the old ones at once, whether the new ones come up or not: twice the
processes for a while, and none that serves while they boot. Here there is one process more than the count, and never
fewer than the count that serve.
"""


class Rolling:
    """The old workers to be replaced, and how far it has come."""

    def __init__(self, old, is_crowded=False):
        """is_crowded: there is no room for one process more than the count, so an old one ends before a new one comes.
        To the end of the reload: each end makes room for one only."""
        self.old = set(old)
        self.has_successor = False  # a new worker has become ready
        self.has_failed = False  # the first new one ended before it was: the old ones stay
        self.is_crowded = is_crowded  # set later too, by a hook that has no place
        self._leaving = set()

    def rest(self, staying):
        """The old ones that still serve."""
        return [pid for pid in staying if pid in self.old]

    def is_done(self, staying, workers):
        """No old one serves; without room for one more process, the last has ended too. workers: pids of all."""
        return not self.rest(staying) and not (self.is_crowded and self._leaving.intersection(workers))

    def is_new(self, pid):
        return pid not in self.old

    def released(self, pid):
        """An old one drains for a new one."""
        self._leaving.add(pid)

    def surge(self, workers):
        """Processes beyond the count: 1, or 0 while a draining one still lives. workers: pids of all."""
        self._leaving.intersection_update(workers)
        return 0 if self._leaving or self.is_crowded else 1

    def kept(self, booting):
        """Of so many that boot, those that stay beyond the count when it shrinks: the one that an old one waits for."""
        return min(booting, 0 if self.is_crowded else 1)

    def due(self, staying, stuck, serves, places):
        """How many old ones go now. stuck: those of `staying` that hang in their boot and count for nothing."""
        old = self.rest(staying)
        booting = [pid for pid in staying if self.is_new(pid) and not serves(pid)]
        self.has_successor |= len(staying) > len(old) + len(booting)
        is_booting = any(pid not in stuck for pid in booting)
        return min(len(old), self.release([pid for pid in staying if pid not in stuck], places, is_booting))

    def release(self, staying, places, is_booting):
        """How many old ones drain now: one for each new worker that serves beyond the `places`, with none booting."""
        if is_booting or self._leaving:
            return 0
        return max(len(staying) - places, 1 if self.is_crowded else 0)


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
