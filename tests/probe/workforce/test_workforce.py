import errno
import os
import sys
import time
import types
import unittest
from unittest.mock import patch

import workforce_case
from fake_arbiter import Arbiter
from support import read_arbiter, read_slot, w, want, write_slot
from workforce_case import WorkforceCase
from gunicorn_autoscaler_probe import kinds, slot
from gunicorn_autoscaler_probe import process_room
from gunicorn_autoscaler_probe.workforce import balance


class Forking:
    """A fork server that forks all workers that are expected before the first of them is spawned."""

    def tend(self):
        pass

    def refill(self, slots, pids):
        pass

    def expect(self, count):
        self.asked_ns = time.monotonic_ns()
        time.sleep(0.001)


class WorkforceTest(WorkforceCase):
    def test_a_worker_that_got_ready_since_the_last_look_serves(self):
        server = self.start(2)
        self.assertTrue(self.force.is_serving())
        for pid in list(server.WORKERS):
            server.die(pid)
        self.assertFalse(self.force.is_serving())

    def test_it_forks_all_that_is_missing_in_one_pass_without_pauses(self):
        started = time.monotonic()
        server = self.start(30)
        self.assertEqual(len(server.forks), 30)
        self.assertLess(time.monotonic() - started, 0.2)
        self.assertEqual(self.published(), (30, 0, 30))

    def test_workers_that_a_fork_server_forked_before_they_were_spawned_are_known_by_their_slots(self):
        forking = Forking()
        server = self.start(3, forking)
        self.boot(*server.forks, KIND=kinds.UVICORN, EMPTIES_ITSELF=1, BOOT_NS=forking.asked_ns)
        server.num_workers = 1
        server.manage_workers()
        self.assertEqual((server.kills, self.published()[:2]), ([], (3, 2)))

    def test_a_changed_wish_is_seen_on_any_pass_even_when_no_signal_came(self):
        server = self.start(2)
        want(self.folder, 5)
        server.manage_workers()
        self.assertEqual((server.num_workers, len(server.WORKERS)), (5, 5))

    def test_a_wish_that_changes_nothing_is_answered_all_the_same(self):
        server = self.start(2)
        want(self.folder, 2)
        server.manage_workers()
        self.assertTrue(self.arbiter_file.is_answered(1))

    def test_who_serves_streams_goes_last_before_it_who_serves_requests_of_idle_ones_the_youngest_goes_first(self):
        server = self.start(5)
        first, second, third, fourth, fifth = server.forks
        self.boot(second, IN_FLIGHT=3)
        self.boot(fifth, STREAMS=1)
        server.num_workers = 4
        server.manage_workers()
        self.assertEqual(server.kills, [fourth])
        for workers in (3, 2, 1):
            server.num_workers = workers
            server.manage_workers()
        self.assertEqual(server.kills, [fourth, third, first, second])
        self.assertEqual(read_slot(self.folder, second)[w.STATE], w.DRAINING)

    def test_with_queues_of_their_own_booting_ones_drain_once_they_serve(self):
        server = self.start(1)
        server.cfg.reuse_port = True
        want(self.folder, 4)
        server.manage_workers()
        first, *booting = server.forks
        with patch.dict(sys.modules, gunicorn=types.SimpleNamespace(version_info=(25, 0, 0))):
            want(self.folder, 2)
            server.manage_workers()
            self.assertEqual(server.kills, [])
            self.boot(*booting[:2])
            server.manage_workers()
            self.assertEqual(server.kills, [booting[1]])
            self.boot(booting[2])
            server.manage_workers()
            self.assertEqual(server.kills, [booting[1], booting[2]])
            self.assertIn(first, server.WORKERS)

    def test_of_idle_ones_those_with_more_threads_stay_longer(self):
        server = self.start(3)
        first, second, third = server.forks
        with patch.object(balance, 'threads_of', lambda pid: 2 if pid == third else 1):
            for workers in (2, 1):
                server.num_workers = workers
                server.manage_workers()
        self.assertEqual(server.kills, [second, first])

    def test_where_memory_is_short_the_oldest_goes_first(self):
        server = self.start(3)
        with patch.object(self.arbiter_file, 'is_crowded', lambda: True):
            server.num_workers = 2
            server.manage_workers()
        self.assertEqual(server.kills, [server.forks[0]])

    def test_draining_workers_do_not_count_growth_during_a_drain_comes_at_once(self):
        server = self.start(4)
        server.num_workers = 2
        server.manage_workers()
        self.assertEqual(self.published()[:2], (4, 2))
        server.num_workers = 4
        server.manage_workers()
        self.assertEqual(len(server.forks), 6)
        self.assertEqual(self.published()[:2], (6, 2))
        for pid in list(server.kills):
            server.die(pid)
        server.manage_workers()
        self.assertEqual((len(server.forks), self.published()[:2]), (6, (4, 0)))

    def test_a_stop_is_sent_once_to_a_ready_worker_and_again_to_one_that_still_booted(self):
        server = self.start(3)
        _, second, third = server.forks
        write_slot(self.folder, third)  # still booting
        server.num_workers = 1
        for _ in range(3):
            server.manage_workers()
        self.assertEqual(server.kills.count(second), 1)
        self.assertEqual(server.kills.count(third), 3)
        self.boot(third)
        for _ in range(3):
            server.manage_workers()
        self.assertEqual(server.kills.count(third), 4)

    def test_a_worker_that_empties_itself_is_only_marked_and_signalled_when_it_has_not_left_in_time(self):
        server = self.start_uvicorn(2)
        server.num_workers = 1
        server.manage_workers()
        second = server.forks[1]
        self.assertEqual((read_slot(self.folder, second)[w.STATE], server.kills), (w.DRAINING, []))
        self.assertEqual(self.published()[:2], (2, 1))
        self.force._leaving._leaves[second].stop_at_ns = time.monotonic_ns()
        server.manage_workers()
        server.manage_workers()
        self.assertEqual(server.kills, [second])

    def test_one_whose_loop_runs_and_whose_application_works_is_left_to_itself_for_longer(self):
        server = self.start_uvicorn(2)
        server.num_workers = 1
        server.manage_workers()
        second = server.forks[1]
        leave = self.force._leaving._leaves[second]
        leave.stop_at_ns = time.monotonic_ns()
        self.boot(second, STATE=w.DRAINING, IN_FLIGHT=1, LOOP_DUE_NS=time.monotonic_ns())
        server.manage_workers()
        self.assertEqual(server.kills, [])
        self.boot(second, STATE=w.DRAINING, IN_FLIGHT=1, LOOP_DUE_NS=time.monotonic_ns() - 3 * 10**9)
        server.manage_workers()
        self.assertEqual(server.kills, [second], 'its loop is stuck')
        leave.sent_ns = leave.has_arrived = 0
        leave.last_ns = time.monotonic_ns()
        self.boot(second, STATE=w.DRAINING, IN_FLIGHT=1, LOOP_DUE_NS=time.monotonic_ns())
        server.manage_workers()
        self.assertEqual(server.kills, [second] * 2, 'not for ever')

    def test_one_whose_threads_work_and_whose_heart_beats_is_left_to_itself_for_longer(self):
        server = self.start_uvicorn(2)
        second = server.forks[1]
        self.boot(*server.forks, KIND=kinds.GTHREAD, EMPTIES_ITSELF=1, IN_FLIGHT=1)
        server.num_workers = 1
        server.manage_workers()
        self.force._leaving._leaves[second].stop_at_ns = time.monotonic_ns()
        beat_s = 0
        server.WORKERS[second].tmp = types.SimpleNamespace(last_update=lambda: beat_s)
        for beat_s in (time.monotonic(), time.time()):
            server.manage_workers()
        self.assertEqual(server.kills, [])
        beat_s = time.monotonic() - 10
        server.manage_workers()
        self.assertEqual(server.kills, [second], 'its main loop is stuck')

    def test_one_that_has_left_its_loop_is_left_to_itself_while_its_heart_beats_for_its_threads(self):
        server = self.start_uvicorn(2)
        second = server.forks[1]
        server.num_workers = 1
        server.manage_workers()
        self.force._leaving._leaves[second].stop_at_ns = time.monotonic_ns()
        self.boot(second, STATE=w.DRAINING, EMPTIES_ITSELF=w.SEEN_OUT)
        server.WORKERS[second].tmp = types.SimpleNamespace(last_update=time.monotonic)
        server.manage_workers()
        self.assertEqual(server.kills, [])
        server.WORKERS[second].tmp = types.SimpleNamespace(last_update=lambda: time.monotonic() - 10)
        server.manage_workers()
        self.assertEqual(server.kills, [second])

    def test_one_that_does_not_empty_itself_or_does_not_serve_yet_gets_its_signal_at_once(self):
        for missing in ('EMPTIES_ITSELF', 'READY_NS'):
            with self.subTest(missing=missing):
                server = self.start_uvicorn(2)
                self.boot(server.forks[1], **{'KIND': kinds.UVICORN, 'EMPTIES_ITSELF': 1, missing: 0,
                                              'STATE': w.BOOTING if missing == 'READY_NS' else w.READY})
                server.num_workers = 1
                server.manage_workers()
                self.assertEqual(server.kills, [server.forks[1]])

    def test_a_dead_worker_is_replaced_and_the_count_does_not_drift(self):
        server = self.start(3)
        for _ in range(5):
            server.die(server.forks[-1])
            server.manage_workers()
            self.boot(server.forks[-1])
        self.assertEqual((server.num_workers, len(server.WORKERS), self.boots.failures), (3, 3, 0))

    def test_slots_of_the_dead_are_removed_also_of_those_reaped_in_silence(self):
        server = self.start(3)
        first, second, _ = server.forks
        server.die(first)
        del server.WORKERS[second]
        server.manage_workers()
        left = sorted(name for name in os.listdir(self.folder) if name.startswith('w-'))
        self.assertEqual(left, ['w-%d' % server.forks[2]])

    def test_a_worker_that_dies_before_it_serves_is_a_boot_failure_and_the_next_try_waits(self):
        server = self.start(2)
        server.num_workers = 4
        server.manage_workers()
        for pid in server.forks[2:]:
            write_slot(self.folder, pid)
            server.die(pid)
        self.assertEqual(self.boots.failures, 2)
        self.assertEqual(read_arbiter(self.folder)[w.A_BOOT_FAILURES], 2)
        server.manage_workers()
        self.assertEqual(len(server.forks), 4, 'not before the wait is over')
        self.boots._next_try_ns = 0
        server.manage_workers()
        self.assertEqual(len(server.forks), 5, 'one tries for all')
        self.boot(server.forks[-1])
        server.manage_workers()
        self.assertEqual(len(server.forks), 6)

    def test_a_worker_told_to_go_while_it_boots_is_no_boot_failure(self):
        server = self.start(2)
        for pid in server.forks:
            write_slot(self.folder, pid)
        server.num_workers = 1
        server.manage_workers()
        server.die(server.kills[0])
        self.assertEqual(self.boots.failures, 0)

    def test_without_slots_only_a_worker_that_hardly_lived_counts_as_one(self):
        server = self.start(2)
        first, second = server.forks
        for pid in server.forks:
            os.unlink(os.path.join(self.folder, 'w-%d' % pid))
        self.force._slots._forked_ns[first] -= 5 * 10**9
        server.die(first)
        self.assertEqual(self.boots.failures, 0)
        server.die(second)
        self.assertEqual(self.boots.failures, 1)

    def test_a_failed_boot_halts_the_arbiter_only_while_no_worker_serves(self):
        server = self.start(2)
        server.manage_workers()
        self.assertEqual((server.WORKER_BOOT_ERROR, server.APP_LOAD_ERROR), (-1, -1))
        for pid in server.forks:
            write_slot(self.folder, pid)
        server.manage_workers()
        self.assertEqual((server.WORKER_BOOT_ERROR, server.APP_LOAD_ERROR), (3, 4))

    def test_a_fork_the_system_refuses_is_survived_while_others_serve_and_fatal_before(self):
        server = self.start(2)
        server.spawn_error = OSError(errno.EAGAIN, 'Resource temporarily unavailable')
        server.num_workers = 3
        server.manage_workers()
        self.assertEqual((len(server.WORKERS), self.boots.failures), (2, 1))
        for pid in server.forks:
            write_slot(self.folder, pid)
        self.boots._next_try_ns = 0
        with self.assertRaises(OSError):
            server.manage_workers()
            server.manage_workers()

    def test_growth_stops_where_threads_of_others_need_the_room(self):
        server = self.start(2)
        server.manage_workers()
        with patch.object(process_room, 'fitting', lambda server, wanted, pids, maximum: min(wanted, 4 - len(pids))):
            for workers in (6, 7):
                server.num_workers = workers
                self.boots.try_now()
                server.manage_workers()
            self.assertEqual(len(server.WORKERS), 4)
            said = [line for line in server.log.lines if 'no room for it and its threads' in line]
            self.assertEqual((len(said), self.boots.failures), (1, 2))

    def test_without_a_descriptor_left_workers_that_live_are_taken_for_healthy(self):
        server = self.start(2)
        server.spawn_error = OSError(errno.EMFILE, 'Too many open files')
        self.addCleanup(setattr, slot, 'read_header', slot.read_header)
        slot.read_header = lambda folder, pid: None
        server.num_workers = 3
        server.manage_workers()
        self.assertEqual((len(server.WORKERS), self.boots.failures), (2, 1))

    def test_a_worker_seen_ready_shields_the_arbiter_even_when_its_slot_is_gone(self):
        server = self.start(2)
        server.manage_workers()
        for pid in server.forks:
            slot.remove(self.folder, pid)
        server.manage_workers()
        self.assertEqual(server.WORKER_BOOT_ERROR, -1)

    def test_a_halt_or_an_exit_in_a_forked_child_passes_through(self):
        server = self.start(2)
        server.num_workers = 3
        server.spawn_error = SystemExit(0)
        self.force._pid -= 1  # in the child
        with self.assertRaises(SystemExit):
            server.manage_workers()

    def test_gunicorns_own_gauge_is_logged_as_before(self):
        server = self.start(3)
        server.manage_workers()
        server.num_workers = 2
        server.manage_workers()
        self.assertEqual(server.gauges, [3, 2])

    def test_an_arbiter_class_of_the_users_goes_on_doing_more_in_manage_workers(self):
        class Users(Arbiter):
            def manage_workers(self):
                super().manage_workers()
                self.passes = getattr(self, 'passes', 0) + 1
                if self.passes == 2:
                    self.kill_worker(list(self.WORKERS)[0], 15)

        with patch.object(workforce_case, 'Arbiter', Users):
            server = self.start(2)
        server.manage_workers()
        self.assertEqual((server.passes, server.kills, server.gauges), (2, [server.forks[0]], [2]))

    def test_an_error_of_ours_hands_back_to_gunicorn_for_good(self):
        server = self.start(2)
        self.force._pick_to_drain = lambda now_ns: 1 / 0
        server.num_workers = 4
        server.manage_workers()
        self.assertNotIn('manage_workers', vars(server))
        self.assertNotIn('spawn_workers', vars(server))
        self.assertEqual(len(server.WORKERS), 4)
        self.assertIn('gunicorn does it its own way', server.log.lines[-1])
        server.num_workers = 3
        server.manage_workers()
        self.assertEqual(server.kills, [server.forks[0]])


if __name__ == '__main__':
    unittest.main()
