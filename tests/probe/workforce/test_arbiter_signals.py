import signal
import sys
import time
import unittest
from unittest import mock

from support import begin_with, read_arbiter, w, want, write_slot
from workforce_case import WorkforceCase
from gunicorn_autoscaler_probe import user_hooks
from gunicorn_autoscaler_probe.fork_server import kernel
from gunicorn_autoscaler_probe.workforce import fork_signals, signals


class ArbiterSignalsTest(WorkforceCase):
    def governed(self, workers):
        want(self.folder, workers)
        server = self.start(workers)
        self.assertEqual(len(server.WORKERS), workers)
        self.boot(*server.WORKERS, READY_NS=time.monotonic_ns() - 10**9)
        return server

    def lines(self):
        return [line for line in self.server.log.lines if 'Another process' in line]

    def test_a_ring_of_the_supervisor_is_no_signal_of_somebody_else(self):
        server = self.governed(2)
        want(self.folder, 4)
        server.handle_ttin()
        self.boot(*server.forks)
        want(self.folder, 4)  # rung again, before it saw the answer
        server.handle_ttin()
        want(self.folder, 3)
        server.handle_ttou()
        self.assertEqual((len(server.forks), len(server.kills), self.lines()), (4, 1, []))

    def test_a_ttin_of_another_process_brings_one_worker_for_a_minute_and_is_said_once(self):
        server = self.governed(2)
        server.handle_ttin()
        self.assertEqual((len(server.WORKERS), server.num_workers), (3, 2))
        self.boot(*server.forks)
        self.force._signals._extra = [time.monotonic_ns()]
        server.manage_workers()
        self.assertEqual(len(server.kills), 1)
        server.handle_ttin()
        self.assertEqual(len(self.lines()), 1)

    def slowly_started(self):
        begin_with(self.folder, 2)
        self.arbiter_file.begin(1)
        self.server = server = self.start(1)
        for _ in range(2):
            self.boot(*list(server.WORKERS)[:-1])
            write_slot(self.folder, server.forks[-1])
            server.handle_ttin()
        self.assertEqual((server.num_workers, len(server.WORKERS), self.lines()), (3, 3, []))
        return server

    def test_a_worker_that_asks_for_the_next_while_it_boots_raises_the_number_to_begin_with(self):
        server = self.slowly_started()
        self.assertEqual(read_arbiter(self.folder)[w.A_CONFIGURED], 3)
        want(self.folder, 2)
        server.handle_ttou()
        write_slot(self.folder, server.forks[-1])
        server.handle_ttin()  # the supervisor has another number by now
        self.assertEqual((read_arbiter(self.folder)[w.A_CONFIGURED], len(self.lines())), (3, 1))

    def test_the_master_may_handle_it_late_and_long_after_the_boot_it_is_another_process_that_asks(self):
        server = self.slowly_started()
        for late_s, configured, lines in (0.5, 4, 0), (2, 4, 1):
            self.boot(*server.WORKERS, READY_NS=time.monotonic_ns() - int(late_s * 10**9))
            server.handle_ttin()
            self.assertEqual((read_arbiter(self.folder)[w.A_CONFIGURED], len(self.lines())), (configured, lines))

    def test_a_ttou_after_it_takes_it_back_and_replaces_the_oldest(self):
        server = self.slowly_started()
        server.handle_ttou()
        self.pass_on()
        self.assertEqual(read_arbiter(self.folder)[w.A_CONFIGURED], 2)
        self.assertEqual((server.kills[0], server.num_workers), (server.forks[0], 2))

    def test_no_more_than_twice_the_count(self):
        server = self.governed(2)
        for _ in range(9):
            server.handle_ttin()
        self.assertEqual(len(server.WORKERS), 4)

    def test_a_pair_replaces_the_oldest(self):
        for boots_first in (True, False):
            server = self.governed(3)
            oldest = server.forks[0]
            self.boot(oldest, IN_FLIGHT=5)
            server.handle_ttin()
            if boots_first:
                self.boot(server.forks[-1])
            else:
                write_slot(self.folder, server.forks[-1])
            server.handle_ttou()
            self.assertEqual(server.kills, [oldest] if boots_first else [])
            self.boot(server.forks[-1])
            server.manage_workers()
            self.assertEqual(server.kills, [oldest])
            self.pass_on()
            self.assertEqual((len(server.forks), len(server.WORKERS)), (4, 3))

    def test_a_pair_refreshes_the_only_worker(self):
        server = self.governed(1)
        server.handle_ttin()
        server.handle_ttou()
        self.pass_on()
        self.assertEqual((server.kills, len(server.WORKERS)), (server.forks[:1], 1))

    def test_a_ttou_alone_changes_nothing(self):
        server = self.governed(2)
        server.handle_ttou()
        self.pass_on()
        self.assertEqual((server.kills, len(server.forks)), ([], 2))

    def test_without_a_wish_they_are_gunicorns_own(self):
        server = self.start(2)
        server.handle_ttin()
        self.assertEqual((server.num_workers, len(server.WORKERS), self.lines()), (3, 3, []))

    def test_two_hups_at_once_are_one(self):
        server = self.start(1)
        server.signal(signal.SIGHUP, None)
        server.signal(signal.SIGHUP, None)
        self.assertEqual(server.SIG_QUEUE, [signal.SIGHUP])
        self.force._signals._hup_ns -= signals._ONE_RELOAD_NS
        server.signal(signal.SIGHUP, None)
        self.assertEqual(server.SIG_QUEUE, [signal.SIGHUP] * 2)

    def test_winch_stops_the_workers_of_a_daemon_until_hup_or_ttin(self):
        for comes_back in (self.reload, lambda: self.server.handle_ttin()):
            server = self.governed(3)
            server.cfg.daemon = True
            server.handle_winch()
            self.pass_on()
            self.assertEqual((len(server.WORKERS), server.num_workers), (0, 3))
            comes_back()
            self.pass_on()
            self.assertGreaterEqual(len(server.WORKERS), 3)

    def test_winch_in_the_foreground_is_gunicorns_affair(self):
        server = self.start(3)
        server.cfg.daemon = False
        server.handle_winch()
        self.pass_on()
        self.assertEqual((server.winches, len(server.WORKERS)), (1, 3))

    def test_of_hups_in_quick_succession_one_counts_now_and_then(self):
        server = self.start(2)
        for _ in range(8):
            self.force._signals._hup_ns -= signals._ONE_RELOAD_NS // 4
            server.signal(signal.SIGHUP, None)
        self.assertEqual(server.SIG_QUEUE, [signal.SIGHUP] * 2)

    def test_a_hup_right_after_a_reload_that_failed_is_another(self):
        server = self.start(1)
        server.signal(signal.SIGHUP, None)
        self.force._signals.reload_ended()
        server.signal(signal.SIGHUP, None)
        self.assertEqual(server.SIG_QUEUE, [signal.SIGHUP] * 2)

    def test_an_end_waits_behind_no_other_signal_and_is_never_lost(self):
        server = self.start(1)
        for _ in range(7):
            server.signal(signal.SIGTTIN, None)
        server.signal(signal.SIGTERM, None)
        self.assertEqual((server.SIG_QUEUE[0], len(server.SIG_QUEUE)), (signal.SIGTERM, 5))

    def test_signals_to_a_worker_are_held_back_while_it_is_forked(self):
        server = self.start(1)
        held = []
        server.on_fork = lambda: held.append(fork_signals._is_forking_worker)
        server.num_workers = 2
        server.manage_workers()
        self.assertEqual(held, [True])

    def test_after_a_fork_that_took_long_signals_and_the_bell_are_looked_at(self):
        server = self.start(1)
        server.num_workers = 6
        server.on_fork = lambda: server.SIG_QUEUE.append(signal.SIGTERM)
        server.manage_workers()
        self.assertEqual(len(server.WORKERS), 2)
        server.SIG_QUEUE.clear()
        server.on_fork = lambda: want(self.folder, 3)
        server.manage_workers()
        self.assertEqual(len(server.WORKERS), 3)
        server.on_fork = lambda: None
        server.manage_workers()
        self.assertEqual((len(server.WORKERS), server.num_workers), (3, 3))


class EndTest(WorkforceCase):
    class Halt(BaseException):
        pass

    def test_a_worker_that_ends_the_arbiter_does_so_once_and_the_others_are_reaped_with_it(self):
        server = self.start(3)
        for pid in server.forks:
            write_slot(self.folder, pid)
        server.manage_workers()
        dead = list(server.forks)

        def reap():
            while dead:
                pid = dead.pop()
                if server.WORKER_BOOT_ERROR == 3:
                    raise self.Halt()
                server.die(pid)

        server.on_reap = reap
        with self.assertRaises(self.Halt):
            server.reap_workers()
        self.assertEqual((dead, server.WORKER_BOOT_ERROR), ([], -1), 'no second end')

    def test_an_end_that_python_drops_is_raised_again(self):
        # Up to 23 a worker is reaped in the handler of SIGCHLD, which may run in an at-fork function or a finalizer.
        server = self.start(2)

        def reap():
            raise self.Halt()

        class Finalized:
            def __del__(self):
                server.reap_workers()

        server.on_reap = reap
        with mock.patch.object(sys, 'unraisablehook', lambda dropped: None):
            Finalized()
        with self.assertRaises(self.Halt):
            server.manage_workers()

    def test_a_worker_that_ends_before_the_arbiter_knows_it_is_reaped_afterwards(self):
        server = self.start(2)
        seen = []

        def forks():
            self.force.about_to_fork()
            server.reap_workers()  # the signal

        server.on_fork, server.on_reap = forks, lambda: seen.append(len(server.forks))
        server.num_workers = 3
        server.manage_workers()
        self.assertEqual((seen, len(server.forks)), ([3], 3))
        server.spawn_error = OSError(12, 'no memory')
        self.force.about_to_fork()
        server.num_workers = 4
        server.manage_workers()
        server.reap_workers()
        self.assertEqual(seen, [3, 3], 'a fork that failed holds nothing back')

    def test_a_child_that_ends_during_a_hook_is_reaped_after_it(self):
        # Up to 23 gunicorn reaps in the handler of SIGCHLD: the user's child_exit would be interrupted by another.
        # Once it stops they may take a while each, and the end must not wait for one after the other.
        for listeners, expected in ([object()], ['begins', 'ends', 'begins', 'ends']), \
                                   ([], ['begins', 'begins', 'ends', 'ends']):
            server = self.start(2)
            server.LISTENERS = listeners
            seen = []

            def reap():
                seen.append('begins')
                if len(seen) == 1:
                    server.reap_workers()  # the signal
                seen.append('ends')

            server.on_reap = reap
            server.reap_workers()
            self.assertEqual(seen, expected)

    def test_where_the_master_has_threads_the_end_of_a_fork_server_is_not_reaped_as_a_workers(self):
        # The signal is blocked in the thread that ends it alone: another one has Python handle it in the main thread.
        server = self.start(2)
        seen = []
        server.on_reap = lambda: seen.append(True)
        self.addCleanup(signal.signal, signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
        signal.signal(signal.SIGCHLD, lambda *_: server.reap_workers())
        with kernel.without_sigchld():
            with kernel.without_sigchld():
                server.reap_workers()
            self.assertEqual(seen, [])
        self.assertEqual(seen, [True], 'what ended meanwhile')
        with kernel.without_sigchld():
            pass
        self.assertEqual(seen, [True])

    def test_a_halt_reaps_those_that_died_before_it(self):
        server = self.start(2)
        server.on_reap = lambda: [server.die(pid) for pid in list(server.WORKERS)]
        server.halt('reason', 3)
        self.assertEqual((server.WORKERS, server.halted), ({}, ('reason', 3, -1)))

    def test_a_hook_that_blocks_beyond_the_graceful_timeout_after_a_term_is_ended_and_not_called_again(self):
        for name in ('_running', '_ended'):
            self.addCleanup(getattr(user_hooks, name).clear)
        server = self.start(2)
        server.LISTENERS = [object()]
        calls = []

        def hook(passed_s):
            calls.append(passed_s)
            self.force._signals.signal(signal.SIGTERM, None)
            with mock.patch.object(signals.time, 'monotonic_ns', lambda: begun_ns + int(passed_s * 10**9)):
                self.force._signals.signal(signal.SIGTERM, None)

        begun_ns = time.monotonic_ns()
        grace_s = server.cfg.graceful_timeout
        user_hooks.guarded(self, server, 'child_exit', hook, grace_s - 1)
        with self.assertRaises(KeyboardInterrupt):
            user_hooks.guarded(self, server, 'child_exit', hook, grace_s + 1)
        user_hooks.guarded(self, server, 'child_exit', hook, grace_s + 1)
        self.assertEqual(len(calls), 2)
        server.LISTENERS = []  # it ends already
        user_hooks.guarded(self, server, 'pre_fork', hook, grace_s + 1)
        self.assertEqual(len(calls), 3)


if __name__ == '__main__':
    unittest.main()
