import os
import signal
import sys
import time
import types
import unittest

from support import Config, Log
from gunicorn_autoscaler_probe.fork_server import keeper, kernel, process, spawning

LIMIT_S = 20


class Server:
    """An arbiter that reaps as gunicorn's does: what it is told of is in `told`."""

    def __init__(self, module):
        self.pid, self.log, self.cfg, self.WORKERS, self.told = os.getpid(), Log(), Config(), {}, {}
        self.spawn_worker = self.kill_workers = self.signal = None
        self._module = module

    def reap_workers(self):
        while True:
            try:
                pid, status = self._module.os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self.told[pid] = status


def child(life):
    pid = os.fork()
    if pid == 0:
        try:
            life()
        finally:
            os._exit(1)
    return pid


def orphan(writer):
    """Leaves a process behind that writes its pid to `writer`, and exits with 3 once it gets SIGTERM."""
    def left():
        signal.signal(signal.SIGTERM, lambda *_: os._exit(3))
        os.write(writer, b'%d' % os.getpid())
        time.sleep(LIMIT_S)

    os.waitpid(child(lambda: child(left) and os._exit(0)), 0)


class ReapedTest(unittest.TestCase):
    def setUp(self):
        self.module = types.ModuleType('gunicorn.arbiter')
        self.module.os = os
        gunicorn = types.ModuleType('gunicorn')
        gunicorn.arbiter = self.module
        for name, module in (('gunicorn', gunicorn), ('gunicorn.arbiter', self.module)):
            self.addCleanup(sys.modules.__setitem__, name, sys.modules.get(name))
            sys.modules[name] = module
        self.server = Server(self.module)
        self.spawning = spawning.Spawning(self.server, None, '', None, None)
        self.keeper = self.spawning._keeper = keeper.Keeper(self.server, None, None, None)

    def reap_until(self, is_done):
        end_s = time.monotonic() + LIMIT_S
        while not is_done():
            self.assertLess(time.monotonic(), end_s, self.server.told)
            self.server.reap_workers()
            time.sleep(0.005)

    def adopted(self):
        """The pid of an orphan that was adopted."""
        reader, writer = os.pipe()
        with kernel.adopting_orphans(self.keeper._adopted):
            orphan(writer)
            pid = int(os.read(reader, 10))
        os.close(reader)
        os.close(writer)
        self.assertEqual(os.waitpid(pid, os.WNOHANG), (0, 0), 'it is a child of this process')
        return pid

    def test_an_orphan_that_was_adopted_is_reaped_and_gunicorn_is_not_told(self):
        mine = child(lambda: os._exit(3))
        pid = self.adopted()
        os.kill(pid, signal.SIGTERM)
        self.reap_until(lambda: not self.keeper._adopted)
        self.reap_until(lambda: self.server.told)
        self.assertEqual(self.server.told, {mine: 3 << 8}, "what gunicorn's process started itself is gunicorn's")
        with self.assertRaises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)

    def test_a_worker_that_has_the_pid_of_an_orphan_is_gunicorns(self):
        pid = self.adopted()
        self.server.WORKERS[pid] = object()
        os.kill(pid, signal.SIGTERM)
        self.reap_until(lambda: self.server.told)
        self.assertEqual(self.server.told, {pid: 3 << 8})

    def test_an_orphan_that_something_else_has_reaped_is_forgotten_with_the_next(self):
        first = self.adopted()
        os.kill(first, signal.SIGTERM)
        os.waitpid(first, 0)
        second = self.adopted()
        self.assertEqual(self.keeper._adopted, {second})
        os.kill(second, signal.SIGTERM)
        os.waitpid(second, 0)

    def test_a_fork_server_and_a_spare_that_end_are_ours_however_late(self):
        made = process.ForkServer(lambda sock: signal.pause(), LIMIT_S)
        spare = process.Recruit(child(signal.pause), None)
        self.keeper._current = made
        self.keeper._spares.add([spare])
        for pid in made.pid, spare.pid:
            os.kill(pid, signal.SIGKILL)
        self.reap_until(lambda: not self.keeper._spares and made._ending)
        self.assertEqual(made._ending, 'it was ended by signal 9, perhaps out of memory')
        self.assertEqual(self.server.told, {})

    def test_a_reaping_in_the_middle_of_a_fork_leaves_the_fork_ours(self):
        ours = self.module.os = object()
        self.server.reap_workers()
        self.assertIs(self.module.os, ours)


if __name__ == '__main__':
    unittest.main()
