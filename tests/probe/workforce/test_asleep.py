import contextlib
import fcntl
import os
import signal
import socket
import time
import unittest

from support import read_arbiter, w, want, want_sleep
from workforce_case import WorkforceCase


@contextlib.contextmanager
def listener(family=socket.AF_INET):
    with socket.socket(family) as made:
        made.bind(('127.0.0.1', 0) if family == socket.AF_INET else '')
        made.listen(8)
        made.setblocking(False)
        yield made


@contextlib.contextmanager
def connected(to):
    with socket.socket(to.family) as client:
        client.connect(to.getsockname())
        yield client


def is_watched(listener):
    return bool(fcntl.fcntl(listener.fileno(), fcntl.F_GETFL) & os.O_ASYNC)


class AsleepTest(WorkforceCase):
    def fall_asleep(self, number=1):
        want_sleep(self.folder, number)
        self.pass_on()

    def test_asleep_there_are_no_workers_and_the_request_is_answered(self):
        server = self.start(2)
        self.fall_asleep()
        self.assertEqual((server.num_workers, server.WORKERS, self.published()[:2]), (0, {}, (0, 0)))
        self.assertTrue(self.arbiter_file.is_answered(1))

    def test_a_connection_to_any_listener_wakes_it_with_one_worker(self):
        for family in (socket.AF_INET, socket.AF_UNIX):
            with listener() as other, listener(family) as one:
                server = self.start(3)
                server.LISTENERS = [other, one]
                self.fall_asleep(family)
                self.assertTrue(is_watched(other) and is_watched(one))
                before = read_arbiter(self.folder)[w.A_WAKES]
                with connected(one):
                    server.manage_workers()
                    self.assertEqual((server.num_workers, len(server.WORKERS)), (1, 1))
                    self.assertFalse(is_watched(other) or is_watched(one))
                words = read_arbiter(self.folder)
                self.assertEqual(words[w.A_WAKES], before + 1)
                self.assertLess(time.monotonic_ns() - words[w.A_WOKEN_NS], 5 * 10**9)

    def test_the_kernel_signals_a_connection_at_once(self):
        rung = []
        before = signal.signal(signal.SIGCHLD, lambda number, frame: rung.append(number))
        self.addCleanup(signal.signal, signal.SIGCHLD, before)
        with listener() as one:
            server = self.start(1)
            server.LISTENERS = [one]
            self.fall_asleep()
            rung.clear()
            with connected(one):
                end = time.monotonic() + 10
                while not rung and time.monotonic() < end:
                    time.sleep(0.001)
            self.assertTrue(rung)

    def test_a_socket_that_a_process_before_was_watching_is_watched_by_this_one(self):
        with listener() as one:
            before = os.fork()
            if before == 0:
                fcntl.fcntl(one.fileno(), fcntl.F_SETOWN, os.getpid())
                fcntl.fcntl(one.fileno(), fcntl.F_SETFL, fcntl.fcntl(one.fileno(), fcntl.F_GETFL) | os.O_ASYNC)
                os._exit(0)
            os.waitpid(before, 0)
            server = self.start(1)
            server.LISTENERS = [one]
            self.fall_asleep()
            self.assertEqual(fcntl.fcntl(one.fileno(), fcntl.F_GETOWN), os.getpid())

    def test_one_that_came_before_it_was_watched_is_seen_as_well_while_the_last_worker_still_drains(self):
        with listener() as one:
            server = self.start(1)
            server.LISTENERS = [one]
            with connected(one):
                want_sleep(self.folder, 1)
                server.manage_workers()
                self.assertEqual((server.num_workers, len(server.forks)), (1, 1))
            one.accept()[0].close()
            want_sleep(self.folder, 2)
            server.manage_workers()
            self.assertEqual((server.num_workers, len(server.kills), len(server.WORKERS)), (0, 1, 1))
            with connected(one):
                server.manage_workers()
            self.assertEqual((server.num_workers, len(server.forks)), (1, 2))

    def test_the_supervisor_is_told_at_once_and_one_that_is_gone_does_no_harm(self):
        told = []
        before = signal.signal(signal.SIGURG, lambda number, frame: told.append(number))
        self.addCleanup(signal.signal, signal.SIGURG, before)
        for number, (pid, times) in enumerate([(os.getpid(), 1), (2 ** 22 + 1, 1), (2 ** 64 - 1, 1)], 1):
            with listener() as one:
                server = self.start(1)
                server.LISTENERS = [one]
                self.arbiter_file.sleep._supervisor_pid = pid
                self.fall_asleep(number)
                with connected(one):
                    server.manage_workers()
                self.assertEqual((server.num_workers, len(told)), (1, times))

    def test_a_repeated_request_for_a_sleep_that_has_ended_has_no_effect(self):
        with listener() as one:
            server = self.start(1)
            server.LISTENERS = [one]
            self.fall_asleep(7)
            with connected(one):
                server.manage_workers()
            want_sleep(self.folder, 7)
            self.pass_on()
            self.assertEqual(server.num_workers, 1)
            self.assertTrue(self.arbiter_file.is_answered(2))

    def test_the_supervisor_wakes_it_with_its_number(self):
        server = self.start(1)
        self.fall_asleep()
        want_sleep(self.folder, 0)
        want(self.folder, 3)
        self.pass_on()
        self.assertEqual((server.num_workers, len(server.WORKERS)), (3, 3))
        self.assertEqual(read_arbiter(self.folder)[w.A_WAKES], 0)

    def test_a_reload_leaves_it_asleep_and_a_reload_under_way_ends_with_the_sleep(self):
        server = self.start(2)
        self.reload()
        self.fall_asleep()
        self.assertEqual(server.WORKERS, {})
        forks = len(server.forks)
        self.reload()
        self.pass_on()
        self.assertEqual((server.WORKERS, len(server.forks)), ({}, forks))

    def test_a_worker_that_cannot_boot_after_a_sleep_ends_nothing_and_is_tried_again(self):
        server = self.start(1)
        self.fall_asleep()
        self.assertEqual((server.WORKER_BOOT_ERROR, self.force.is_serving()), (-1, True))
        want_sleep(self.folder, 0)
        server.manage_workers()
        server.die(server.forks[-1])
        server.manage_workers()
        self.assertEqual((server.WORKER_BOOT_ERROR, len(server.WORKERS)), (-1, 0))
        self.boots.try_now()
        self.pass_on()
        self.assertEqual(len(server.WORKERS), 1)
        server.die(server.forks[-1])
        server.manage_workers()
        self.assertNotEqual(server.WORKER_BOOT_ERROR, -1)

    def test_a_fork_that_is_refused_after_a_sleep_ends_nothing(self):
        server = self.start(1)
        self.fall_asleep()
        server.spawn_error = OSError(11, 'no more processes')
        want_sleep(self.folder, 0)
        server.manage_workers()
        server.spawn_error = None
        self.boots.try_now()
        self.pass_on()
        self.assertEqual(len(server.WORKERS), 1)

    def test_ttin_from_outside_wakes_it_and_ttou_leaves_it_asleep(self):
        server = self.start(2)
        self.fall_asleep()
        server.handle_ttou()  # the supervisor's own, for the sleep
        server.handle_ttou()
        self.assertEqual((server.num_workers, server.WORKERS), (0, {}))
        server.handle_ttin()
        self.assertEqual((server.num_workers, len(server.WORKERS)), (1, 1))


if __name__ == '__main__':
    unittest.main()
