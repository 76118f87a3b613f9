import os
import signal
import sys
import time
import types
import unittest

from support import Config  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe import early_end, hooks
from gunicorn_autoscaler_probe.workforce import fork_signals

_BOOT_S = 60  # a worker that has not heard is still at it when the test gives up


class Arbiter:
    """Forks as gunicorn's does; its worker boots for a minute with the handlers it was born with."""

    def __init__(self, boot=lambda: time.sleep(_BOOT_S)):
        self._boot = boot

    def spawn_worker(self):
        pid = os.fork()
        if pid != 0:
            return pid
        code = 1
        try:
            self._boot()
        except SystemExit as leaving:
            code = leaving.code
        finally:
            os._exit(code)


def ended(pid):
    """The exit code of a child; minus the signal that killed it. None after 10 s."""
    for _ in range(1000):
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


class ForkSignalsTest(unittest.TestCase):
    def setUp(self):
        self.heard = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            before = signal.signal(number, lambda number, frame: self.heard.append(number))
            self.addCleanup(signal.signal, number, before)

    def test_a_worker_hears_a_signal_that_comes_the_moment_it_is_forked(self):
        arbiter = Arbiter()
        fork_signals.install(arbiter)
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT) * 10:
            pid = arbiter.spawn_worker()
            os.kill(pid, number)
            self.assertEqual(ended(pid), 0)

    def test_the_clean_up_of_a_worker_that_leaves_is_not_cut_short_by_the_next_one(self):
        hears, says = os.pipe()
        self.addCleanup(os.close, hears)

        def boot():
            try:
                os.write(says, b'boots')
                time.sleep(_BOOT_S)
            finally:
                os.write(says, b'leaves')
                time.sleep(0.2)
                sys.exit(4)

        arbiter = Arbiter(boot)
        fork_signals.install(arbiter)
        pid = arbiter.spawn_worker()
        os.close(says)  # a worker that says nothing more ends the reading
        for word in (b'boots', b'leaves'):
            self.assertEqual(os.read(hears, 10), word)
            os.kill(pid, signal.SIGTERM)
        self.assertEqual(ended(pid), 4)

    def test_a_post_fork_that_makes_something_else_of_it_does_not_keep_the_worker(self):
        def raises():
            raise ImportError('numpy.core.multiarray failed to import')

        for makes in raises, bool:
            hears, says = os.pipe()

            def post_fork(server, worker):
                try:
                    os.write(says, b'boots')
                    time.sleep(_BOOT_S)
                except BaseException:
                    makes()

            steps = hooks._Steps(types.SimpleNamespace(master=hooks._NoSteps(), worker=hooks._NoSteps()))
            arbiter = Arbiter(lambda: hooks._post_fork(steps, post_fork)(None, None))
            fork_signals.install(arbiter)
            pid = arbiter.spawn_worker()
            self.assertEqual(os.read(hears, 10), b'boots')
            os.kill(pid, signal.SIGTERM)
            self.assertEqual(ended(pid), 0)
            os.close(hears)
            os.close(says)

    def test_without_it_such_a_worker_goes_on(self):
        pid = Arbiter(lambda: time.sleep(0.5)).spawn_worker()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(ended(pid), 1)  # the end of its boot

    def test_the_worker_holds_nothing_back_from_what_it_starts(self):
        arbiter = Arbiter(lambda: sys.exit(7 if signal.pthread_sigmask(signal.SIG_BLOCK, ()) else 0))
        fork_signals.install(arbiter)
        self.assertEqual(ended(arbiter.spawn_worker()), 0)

    def test_what_the_worker_forks_keeps_its_handlers(self):
        def boot():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            grandchild = os.fork()
            if grandchild == 0:
                os._exit(5 if signal.getsignal(signal.SIGTERM) == signal.SIG_IGN else 6)
            sys.exit(ended(grandchild))

        arbiter = Arbiter(boot)
        fork_signals.install(arbiter)
        self.assertEqual(ended(arbiter.spawn_worker()), 5)

    def test_the_master_keeps_its_handlers_and_hears_what_came_meanwhile(self):
        arbiter = Arbiter(lambda: sys.exit(0))
        fork_signals.install(arbiter)
        spawn = arbiter.spawn_worker
        os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(ended(spawn()), 0)
        os.kill(os.getpid(), signal.SIGQUIT)
        self.assertEqual(self.heard, [signal.SIGTERM, signal.SIGQUIT])
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, ()), set())

    def test_other_forks_of_the_master_are_left_alone(self):
        fork_signals.install(Arbiter())
        pid = os.fork()
        if pid == 0:
            os._exit(9 if signal.getsignal(signal.SIGTERM) is early_end.leave else 0)
        self.assertEqual(ended(pid), 0)

    def test_after_a_fork_that_failed_other_forks_are_left_alone_too(self):
        def refused():
            raise BlockingIOError('no more processes')

        arbiter = Arbiter()
        arbiter.spawn_worker = refused
        fork_signals.install(arbiter)
        self.assertRaises(BlockingIOError, arbiter.spawn_worker)
        pid = os.fork()
        if pid == 0:
            os._exit(9 if signal.getsignal(signal.SIGTERM) is early_end.leave else 0)
        self.assertEqual(ended(pid), 0)
