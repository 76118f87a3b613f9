"""A worker that is stuck in its boot: another takes its place, and it is the first to go."""
import signal
import time
import unittest
from unittest import mock

from support import w, write_slot
from workforce_case import WorkforceCase
from gunicorn_autoscaler_probe import words
from gunicorn_autoscaler_probe import user_hooks
from gunicorn_autoscaler_probe.workforce import balance, boot_activity

S = 10**9


class BalanceTest(unittest.TestCase):
    def test_without_a_stuck_one_the_count_alone_decides(self):
        self.assertEqual(balance.missing(4, 2, 0, 0, 8), 2)
        self.assertEqual(balance.missing(4, 5, 0, 0, 8), 0)
        self.assertEqual(balance.surplus(4, 7, 0, 0), 3)
        self.assertEqual(balance.surplus(4, 3, 0, 0), 0)

    def test_a_stuck_one_has_another_beside_it_within_the_maximum(self):
        self.assertEqual(balance.missing(3, 3, 1, 0, 8), 1)
        self.assertEqual(balance.missing(3, 4, 1, 0, 8), 0)
        self.assertEqual(balance.missing(2, 2, 2, 0, 100), 2)
        self.assertEqual(balance.missing(2, 4, 4, 0, 100), 0)  # every boot hangs

    def test_at_the_maximum_there_is_one_process_beyond_it(self):
        self.assertEqual(balance.missing(3, 3, 1, 0, 3), 1)
        self.assertEqual(balance.missing(3, 3, 1, 0, 0), 1)
        self.assertEqual(balance.missing(3, 4, 1, 0, 3), 0)
        self.assertEqual(balance.missing(3, 4, 2, 0, 3), 0)
        self.assertEqual(balance.missing(3, 3, 1, 1, 3), 0)  # one that hangs is still there

    def test_it_goes_once_enough_serve(self):
        self.assertEqual(balance.surplus(3, 4, 1, 2), 0)
        self.assertEqual(balance.surplus(3, 4, 1, 3), 1)
        self.assertEqual(balance.surplus(2, 3, 1, 2), 1)
        self.assertEqual(balance.surplus(2, 3, 2, 1), 1)


class StuckBootsTest(WorkforceCase):
    def start_with_one_stuck(self, maximum):
        """Two that serve, and one that boots for 11 s."""
        self.arbiter_file._words[words.A_MAXIMUM] = maximum
        server = self.start(3)
        self.stuck = server.forks[-1]
        self.boots_for(self.stuck, 11)
        self.force._slots._ready_ns.pop(self.stuck, None)
        server.manage_workers()
        return server

    def boots_for(self, pid, seconds):
        began_ns = time.monotonic_ns() - seconds * S
        self.force._slots._forked_ns[pid] = began_ns
        write_slot(self.folder, pid, BOOT_NS=began_ns)

    def test_another_takes_its_place_and_then_it_goes(self):
        server = self.start_with_one_stuck(maximum=5)
        self.assertEqual((len(server.forks), server.kills), (4, []))
        server.manage_workers()
        self.assertEqual((len(server.forks), server.kills), (4, []))
        self.boot(server.forks[-1])
        server.manage_workers()
        self.assertEqual((len(server.forks), server.kills), (4, [self.stuck]))

    def test_if_it_boots_after_all_the_other_goes(self):
        server = self.start_with_one_stuck(maximum=5)
        self.boot(self.stuck)
        server.manage_workers()
        self.assertEqual((len(server.forks), server.kills), (4, [server.forks[-1]]))

    def test_at_the_maximum_another_takes_its_place_too(self):
        server = self.start_with_one_stuck(maximum=3)
        self.assertEqual((len(server.forks), server.kills), (4, []))

    def test_it_is_killed_when_it_still_boots_after_the_graceful_timeout(self):
        server = self.start_with_one_stuck(maximum=3)
        self.boot(server.forks[-1])
        server.manage_workers()
        now, numbers = time.monotonic_ns(), []
        server.kill_worker = lambda pid, number: numbers.append((pid, number))
        for pid, number in self.force._pick_to_drain(now + 29 * S) + self.force._pick_to_drain(now + 31 * S):
            numbers.append((pid, number))
        self.assertEqual([number for pid, number in numbers if pid == self.stuck].count(signal.SIGKILL), 1)
        self.assertEqual({pid for pid, _ in numbers}, {self.stuck})
        self.force._pick_to_drain(now + 32 * S)  # it has not ended yet
        self.assertEqual(len([line for line in server.log.lines if 'hangs in its boot' in line]), 1)

    def test_with_a_pre_fork_of_the_users_it_goes_first_and_the_next_has_longer(self):
        with mock.patch.object(user_hooks, 'has_pre_fork', lambda cfg: True):
            server = self.start_with_one_stuck(maximum=3)
            for seconds, kills in ((29, []), (31, [self.stuck])):
                self.boots_for(self.stuck, seconds)
                server.manage_workers()
                self.assertEqual((len(server.forks), server.kills), (3, kills))
            self.assertEqual(len(server.forks), 3)
            server.die(self.stuck)
            server.manage_workers()
            self.assertEqual(len(server.forks), 4)
            for seconds, kills in ((278, 0), (281, 1)):
                self.boots_for(server.forks[-1], seconds)
                self.force._slots._ready_ns.pop(server.forks[-1], None)
                server.manage_workers()
                self.assertEqual(server.kills.count(server.forks[-1]), kills)

    def test_in_a_shrink_it_goes_first(self):
        server = self.start_with_one_stuck(maximum=3)
        server.num_workers = 2
        server.manage_workers()
        self.assertEqual(server.kills, [self.stuck, server.forks[-1]])

    def test_a_boot_is_slow_only_beyond_three_times_the_usual(self):
        self.arbiter_file._words[words.A_MAXIMUM] = 5
        server = self.start(3)
        now = time.monotonic_ns()
        self.boot(*server.forks[:2], READY_NS=now + S, BOOT_NS=now - 19 * S)
        for pid in server.forks:
            self.force._slots._forked_ns[pid] = now - 60 * S
        self.force._slots._ready_ns.pop(server.forks[2], None)
        for seconds, forks in ((59, 3), (62, 4)):
            self.boots_for(server.forks[2], seconds)
            server.manage_workers()
            self.assertEqual(len(server.forks), forks)

    def test_a_boot_that_computes_is_slow_and_not_stuck(self):
        self.arbiter_file._words[words.A_MAXIMUM] = 5
        server = self.start(3)
        booting = server.forks[-1]
        self.boots_for(booting, 0)
        began_ns = self.force._slots._forked_ns[booting]
        self.force._slots._ready_ns.pop(booting, None)
        for seconds, cpu_s, forks in ((0, 0, 3), (12, 1, 3), (20, 1, 3), (23, 1.02, 4)):
            with mock.patch.object(boot_activity, '_cpu_ns', lambda pid: int(cpu_s * S)), \
                    mock.patch.object(time, 'monotonic_ns', lambda: began_ns + seconds * S):
                server.manage_workers()
            self.assertEqual(len(server.forks), forks, seconds)

    def test_while_no_boot_has_been_seen_a_timeout_over_30_s_is_waited_for(self):
        server = self.start(0)
        for timeout, stuck in ((0, True), (30, True), (50, False)):
            server.cfg.timeout = timeout
            self.boots_for(5000, 40)
            self.assertEqual(self.force._slots.stuck([5000], time.monotonic_ns()), [5000] * stuck)

    def test_a_new_one_that_is_stuck_does_not_hold_up_a_reload(self):
        self.arbiter_file._words[words.A_MAXIMUM] = 8
        server = self.start(3)
        old = list(server.forks)
        self.reload()
        stuck = server.forks[-1]
        self.boots_for(stuck, 11)
        server.manage_workers()
        self.assertEqual((len(server.forks), server.kills), (5, []))
        self.boot(server.forks[-1])
        server.manage_workers()
        self.assertEqual(len(server.kills), 1)
        self.assertIn(server.kills[0], old)


if __name__ == '__main__':
    unittest.main()
