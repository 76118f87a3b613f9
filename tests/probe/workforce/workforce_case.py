"""A Workforce over a fake arbiter, whose workers boot when a test says so."""
import time
import unittest

from fake_arbiter import Arbiter
from support import read_arbiter, read_slot, runtime_folder, w, write_slot
from gunicorn_autoscaler_probe import kinds
from gunicorn_autoscaler_probe.workforce.boot_backoff import BootBackoff
from gunicorn_autoscaler_probe.master.arbiter_file import ArbiterFile
from gunicorn_autoscaler_probe.workforce.workforce import Workforce


class WorkforceCase(unittest.TestCase):
    def setUp(self):
        context = runtime_folder()
        self.folder = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.arbiter_file = ArbiterFile(self.folder)
        self.arbiter_file.claim()
        self.addCleanup(self.arbiter_file.close)
        self.boots = BootBackoff()
        self.first_pid = 1000

    def start(self, workers, spawning=None):
        self.server = Arbiter(workers, first_pid=self.first_pid)
        self.first_pid += 1000  # of the next one
        self.server.start()
        self.force = Workforce(self.server, self.folder, self.arbiter_file, self.boots, spawning)
        self.server.cfg.child_exit = lambda server, worker: self.force.gone(worker.pid, time.monotonic_ns())
        self.server.manage_workers()
        self.boot(*self.server.WORKERS)
        return self.server

    def boot(self, *pids, **words):
        for pid in pids:
            write_slot(self.folder, pid, **dict({'READY_NS': time.monotonic_ns(), 'STATE': w.READY}, **words))

    def published(self):
        words = read_arbiter(self.folder)
        return words[w.A_ALIVE], words[w.A_DRAINING], words[w.A_SPAWNED]

    def start_uvicorn(self, workers):
        server = self.start(workers)
        self.boot(*server.forks, KIND=kinds.UVICORN, EMPTIES_ITSELF=1)
        return server

    def reload(self):
        """What gunicorn's reload comes to, with its own loop over new workers."""
        self.force.reload()
        for _ in range(self.server.num_workers):
            self.server.spawn_worker()
        self.server.manage_workers()

    def drain_on(self):
        """The old ones that drain have done so for a second."""
        leaving = self.force._rolling._leaving
        leaving.update({pid: since_ns - 10**9 for pid, since_ns in leaving.items()})

    def pass_on(self):
        """Passes until nothing changes: forked workers boot, and those told to go do, at once."""
        for _ in range(100):
            before = len(self.server.forks), len(self.server.WORKERS)
            self.server.manage_workers()
            for pid in list(self.server.kills):
                if pid in self.server.WORKERS:
                    self.server.die(pid)
            booting = [pid for pid in self.server.WORKERS if read_ready(self.folder, pid) == 0]
            self.boot(*booting)
            if not booting and before == (len(self.server.forks), len(self.server.WORKERS)):
                return


def read_ready(folder, pid):
    try:
        return read_slot(folder, pid)[w.READY_NS]
    except OSError:
        return 0
