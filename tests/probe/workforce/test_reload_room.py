import unittest
from unittest.mock import patch

from support import w
from workforce_case import WorkforceCase
from gunicorn_autoscaler_probe import process_room


class ReloadRoomTest(WorkforceCase):
    """Processes beyond the count in a reload."""

    def test_old_ones_that_drain_for_long_hold_up_no_other(self):
        server = self.start(3)
        old = list(server.forks)
        self.arbiter_file._words[w.A_ROOM] = 2
        self.reload()
        for turn in range(3):
            self.boot(server.forks[-1])
            server.manage_workers()
            self.assertEqual(len(server.kills), turn + 1)
            server.manage_workers()
            self.assertEqual(len(server.forks), 4 + turn, 'none yet')
            if turn < 2:
                self.drain_on()
                server.manage_workers()
        self.assertEqual((len(server.WORKERS), sorted(server.kills)), (6, old))
        self.pass_on()
        self.assertEqual(server.WORKERS.keys(), set(server.forks[3:]))

    def test_one_that_drains_for_long_is_waited_for_where_memory_or_the_limit_of_processes_holds_no_other(self):
        for room, fitting, forks in ((2, 1, 4), (0, 1, 3), (1, 1, 3), (2, 0, 3)):
            server = self.start(2)
            self.reload()
            self.boot(server.forks[-1])
            server.manage_workers()
            self.drain_on()
            self.arbiter_file._words[w.A_ROOM] = room
            with patch.object(process_room, 'fitting', lambda *arguments: fitting):
                server.manage_workers()
            self.arbiter_file._words[w.A_ROOM] = 0
            self.assertEqual(len(server.forks), forks)

    def test_without_memory_for_one_more_each_old_worker_ends_before_a_new_one_is_forked(self):
        for count in (1, 3):
            server = self.start(count)
            old = list(server.forks)
            self.arbiter_file._words[w.A_ROOM] = 1
            self.reload()
            self.arbiter_file._words[w.A_ROOM] = 0  # the first end makes room
            for turn in range(count):
                server.manage_workers()
                self.assertEqual((len(server.kills), len(server.forks)), (turn + 1, count + turn))
                server.die(server.kills[-1])
                server.manage_workers()
                server.manage_workers()
                self.assertEqual((len(server.kills), len(server.forks)), (turn + 1, count + turn + 1))
                self.boot(server.forks[-1])
            self.pass_on()
            self.assertEqual((sorted(server.kills), sorted(server.WORKERS)), (old, server.forks[count:]))


if __name__ == '__main__':
    unittest.main()
