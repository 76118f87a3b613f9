import errno
import fcntl
import os
import tempfile
import time
import unittest
from unittest.mock import patch

from support import Setting, read_slot, w, write_slot
from workforce_case import WorkforceCase
from gunicorn_autoscaler_probe import counted_workers, user_hooks
from gunicorn_autoscaler_probe.workforce import file_locks


class RollingTest(WorkforceCase):
    """A reload, and the end of it."""

    def test_it_forks_one_waits_until_it_serves_and_then_has_one_old_worker_go(self):
        server = self.start(3)
        old = list(server.forks)
        self.reload()
        for turn in range(3):
            self.assertEqual(len(server.forks), 4 + turn)
            write_slot(self.folder, server.forks[-1])  # boots
            server.manage_workers()
            self.assertEqual(len(server.kills), turn, 'no worker is removed while the new one boots')
            self.boot(server.forks[-1])
            server.manage_workers()
            self.assertEqual(len(server.kills), turn + 1)
            server.manage_workers()
            self.assertEqual(len(server.WORKERS), 4, 'one more than the count at most')
            server.die(server.kills[-1])
            server.manage_workers()
        self.assertEqual((sorted(server.kills), sorted(server.WORKERS)), (old, server.forks[3:]))
        self.pass_on()
        self.assertEqual(len(server.forks), 6)

    def test_hooks_count_the_old_workers_as_long_as_the_reload_lasts(self):
        server = self.start(3)
        self.assertEqual(self.force.gone_in_reload(), 0)
        self.reload()
        for turn in range(3):
            self.assertEqual(self.force.gone_in_reload(), turn)
            self.boot(server.forks[-1])
            server.manage_workers()
            server.die(server.kills[-1])
            server.manage_workers()
        self.assertEqual(self.force.gone_in_reload(), 0)

    def test_while_a_hook_runs_the_workers_are_more_and_one_that_ends_is_taken_out(self):
        class Server:
            WORKERS = {11: 'one', 12: 'two'}

        own = Server()
        own.WORKERS = dict(Server.WORKERS)
        for server in own, Server():
            workers = server.WORKERS
            with counted_workers.counting(server, 2):
                self.assertEqual((len(server.WORKERS), sorted(server.WORKERS)), (4, [11, 12]))
                self.assertEqual((server.WORKERS.pop(11, None), len(server.WORKERS)), ('one', 3))
            self.assertIs(server.WORKERS, workers)
            self.assertEqual(workers, {12: 'two'})

    def test_those_that_empty_themselves_are_only_marked(self):
        server = self.start_uvicorn(2)
        self.reload()
        self.boot(server.forks[-1])
        server.manage_workers()
        self.assertEqual(server.kills, [])
        self.assertEqual([read_slot(self.folder, pid)[w.STATE] for pid in server.forks[:2]], [w.DRAINING, w.READY])
        self.assertEqual(self.published()[:2], (3, 1))

    def test_the_first_new_worker_that_dies_leaves_the_old_ones_serving_and_the_next_reload_may_work(self):
        server = self.start(2)
        old = list(server.forks)
        self.reload()
        write_slot(self.folder, server.forks[-1])
        server.die(server.forks[-1])
        for _ in range(3):
            server.manage_workers()
        self.assertEqual((list(server.WORKERS), server.kills, len(server.forks)), (old, [], 3))
        self.assertIn('the old workers stay', server.log.lines[-1])
        self.boots.try_now()
        self.reload()
        self.pass_on()
        self.assertEqual(sorted(server.kills), old)

    def test_a_later_one_that_dies_is_forked_again(self):
        server = self.start(2)
        old = list(server.forks)
        self.reload()
        self.boot(server.forks[-1])
        server.manage_workers()
        server.die(server.kills[0])
        server.manage_workers()
        write_slot(self.folder, server.forks[-1])
        server.die(server.forks[-1])
        self.boots.try_now()
        self.pass_on()
        self.assertEqual(sorted(server.kills), old)

    def test_those_that_were_leaving_before_keep_their_time(self):
        server = self.start_uvicorn(2)
        server.num_workers = 1
        server.manage_workers()
        leaving = server.forks[1]
        stop_at_ns = self.force._leaving._leaves[leaving].stop_at_ns
        self.reload()
        self.boot(server.forks[-1])
        server.manage_workers()
        self.assertEqual(self.force._leaving._leaves[leaving].stop_at_ns, stop_at_ns)
        self.assertIn(server.forks[0], self.force._leaving)

    def test_no_worker_is_older_than_the_reload_so_that_gunicorn_waits_for_none(self):
        server = self.start(3)
        age, order = server.worker_age, list(server.forks)
        self.reload()
        workers = sorted(server.WORKERS.values(), key=lambda worker: worker.age)
        self.assertGreater(workers[0].age, age)
        server.manage_workers()
        self.assertTrue(all(worker.age == int(worker.age) for worker in server.WORKERS.values()))
        self.assertEqual([worker.pid for worker in workers][:3], order)

    def test_a_fork_that_the_system_refuses_keeps_the_old_workers_until_it_works(self):
        for error in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE):
            server = self.start(2)
            old = list(server.forks)
            server.spawn_error = OSError(error, 'refused')
            self.reload()
            for _ in range(5):
                self.boots.try_now()
                server.manage_workers()
            self.assertEqual((list(server.WORKERS), server.kills), (old, []))
            self.assertEqual(len([line for line in server.log.lines if 'Cannot fork' in line]), 1)
            server.spawn_error = None
            self.boots.try_now()
            self.pass_on()
            self.assertEqual(sorted(server.kills), old)

    def test_growth_and_shrinking_go_on_meanwhile_and_old_ones_go_first(self):
        server = self.start(3)
        old = list(server.forks)
        self.reload()
        self.boot(*old, IN_FLIGHT=5)
        server.num_workers = 2
        self.boot(server.forks[3])
        server.manage_workers()
        self.assertEqual(len(server.kills), 2)
        self.assertTrue(set(server.kills) <= set(old))
        server.num_workers = 5
        self.pass_on()
        self.assertEqual((len(server.WORKERS), set(server.kills)), (5, set(old)))

    def test_a_shrink_takes_no_old_one_that_serves_for_new_ones_that_boot(self):
        for before, after, gone in ((16, 4, 0), (8, 4, 4), (4, 4, 0)):
            server = self.start(4 if gone == 0 else before)
            old = list(server.forks)
            server.num_workers = before
            self.reload()
            new = server.forks[len(old):]
            for pid in new:
                write_slot(self.folder, pid)  # boots
            server.num_workers = after
            for _ in range(3):
                server.manage_workers()
            self.assertEqual(len([pid for pid in old if pid not in server.kills]), len(old) - gone)
            self.assertEqual(len([pid for pid in new if pid not in server.kills]), 1, 'the reload goes on')
            for pid in set(server.kills):
                server.die(pid)
            self.pass_on()
            self.assertEqual(len(server.WORKERS), after)
            self.assertFalse(set(server.WORKERS) & set(old))

    def test_while_no_worker_serves_all_are_replaced_at_once(self):
        server = self.start(3)
        old = list(server.forks)
        for pid in old:
            write_slot(self.folder, pid)
        self.reload()
        self.assertEqual((sorted(server.kills), len(server.forks)), (old, 6))
        server.manage_workers()
        self.assertEqual(server.WORKER_BOOT_ERROR, 3)

    def test_a_new_worker_that_shows_no_slot_is_taken_to_serve_after_a_while(self):
        server = self.start(1)
        self.reload()
        server.manage_workers()
        self.assertEqual(server.kills, [])
        self.force._slots._forked_ns[server.forks[-1]] -= 11 * 10**9
        server.manage_workers()
        self.assertEqual(server.kills, server.forks[:1])


class PoolTest(WorkforceCase):
    """A pre_fork that hands out numbers, one for each process there may be."""

    def start_pool(self, workers, numbers):
        server = self.start(workers)
        self.numbers = numbers
        server.cfg.settings['pre_fork'] = Setting(None)
        server.cfg.pre_fork = lambda server, worker: None
        server.on_fork = self.take
        return server

    def take(self):
        if len(self.server.WORKERS) >= self.numbers:
            raise KeyError('pop from an empty set')

    def try_often(self, passes):
        for _ in range(passes):
            self.boots.try_now()
            self.pass_on()

    def test_a_draining_worker_holds_its_place_and_the_count_stays_the_wish(self):
        server = self.start_pool(4, 4)
        server.num_workers = 2
        server.manage_workers()
        server.num_workers = 4
        server.manage_workers()
        self.assertEqual((len(server.forks), server.num_workers), (4, 4))
        server.die(server.kills[0])
        server.manage_workers()
        self.assertEqual(len(server.forks), 5)
        self.assertEqual(self.boots.failures, 0, 'no hook was called without a fork')

    def test_a_pool_smaller_than_the_count_costs_the_workers_beyond_it_and_is_one_line(self):
        server = self.start_pool(2, 3)
        server.num_workers = 6
        self.try_often(5)
        self.assertEqual((len(server.WORKERS), server.kills), (3, []))
        self.assertEqual(len([line for line in server.log.lines if 'KeyError' in line]), 1)

    def test_a_worker_that_dies_is_replaced_at_once_however_long_the_hook_has_refused(self):
        server = self.start_pool(2, 2)
        server.num_workers = 3
        for _ in range(6):
            self.boots.try_now()
            server.manage_workers()
        self.boots._next_try_ns = time.monotonic_ns() + 30 * 10**9
        server.die(server.forks[0])
        server.manage_workers()
        self.assertEqual(len(server.WORKERS), 2)

    def test_a_reload_has_an_old_worker_go_first_where_there_is_no_place_for_one_more(self):
        for workers in (1, 3):
            server = self.start_pool(workers, workers)
            old = list(server.forks)
            self.reload()
            for _ in range(2 * workers + 2):
                self.boots.try_now()
                self.pass_on()
                self.assertGreaterEqual(len(server.WORKERS), workers - 1)
            self.assertEqual((sorted(server.kills), len(server.WORKERS)), (old, workers))

    def test_a_reload_whose_hook_refuses_every_worker_costs_one_old_one_and_goes_on_once_it_does_not(self):
        server = self.start_pool(3, 3)
        self.numbers = 0
        self.reload()
        self.try_often(6)
        self.assertEqual((len(server.kills), len(server.WORKERS)), (1, 2))
        self.numbers = 3
        self.try_often(8)
        self.assertEqual((sorted(server.kills), len(server.WORKERS)), (server.forks[:3], 3))

    def test_a_reload_tries_at_once_however_long_boots_have_failed(self):
        server = self.start_pool(2, 2)
        server.num_workers = 3
        for _ in range(6):
            self.boots.try_now()
            server.manage_workers()
        self.numbers = 3
        server.manage_workers()
        self.assertEqual(len(server.WORKERS), 2)
        self.reload()
        self.assertEqual(len(server.WORKERS), 3)

    def test_whatever_a_hook_raises_it_is_no_end_while_others_serve(self):
        for error in (StopIteration(), ValueError('x'), FileNotFoundError(2, 'no such file'), SystemExit(1),
                      KeyboardInterrupt()):
            server = self.start(1)
            server.spawn_error = error
            server.num_workers = 2
            server.manage_workers()
            self.assertEqual(len(server.WORKERS), 1)
            for pid in server.forks:
                server.die(pid)
            self.boots.try_now()
            with self.assertRaises(type(error)):
                server.manage_workers()

    def test_an_old_one_that_has_the_lock_for_which_a_new_one_waits_goes_after_a_second(self):
        server = self.start(2)
        self.reload()
        _, holder, new = server.forks
        waits = {new: holder}
        self.arbiter_file._words[w.A_ROOM] = 2
        began_ns = time.monotonic_ns()
        with patch.object(file_locks, 'holders', lambda pids: {one: waits[one] for one in pids if one in waits}):
            for passed_s, kills in (0, []), (0.9, []), (1.1, [holder]), (3, [holder]):
                with patch.object(time, 'monotonic_ns', lambda: began_ns + int(passed_s * 10**9)):
                    server.manage_workers()
                self.assertEqual(server.kills, kills)
            self.assertEqual(len(server.forks), 3, 'another would wait for it too')
            server.die(holder)
            waits.clear()
            self.boot(new)
            self.pass_on()
        self.assertEqual(sorted(server.kills), server.forks[:2])

    def test_a_lock_that_another_has_or_that_is_had_for_a_moment_ends_no_old_one(self):
        server = self.start(1)
        self.reload()
        old, new = server.forks
        began_ns = time.monotonic_ns()
        for holder, passed_s in (1, 0), (1, 2), (old, 3), (0, 3.5), (old, 4.2), (old, 5.1):
            with patch.object(file_locks, 'holders', lambda pids: {new: holder} if holder else {}), \
                    patch.object(time, 'monotonic_ns', lambda: began_ns + int(passed_s * 10**9)):
                server.manage_workers()
        self.assertEqual(server.kills, [])

    def test_one_old_one_goes_when_two_new_ones_hang_and_another_once_that_has_helped(self):
        server = self.start(3)
        old = list(server.forks)
        self.reload()
        stuck = set()
        with patch.object(self.force._slots, 'stuck', lambda pids, *_: [pid for pid in pids if pid in stuck]):
            for hanging, gone in (1, 0), (2, 1), (3, 1), (4, 1):
                stuck.update(server.forks[3:][:hanging])
                server.manage_workers()
                if hanging == 2:
                    self.arbiter_file._words[w.A_ROOM] = 2
                    forks = len(server.forks)
                    self.drain_on()
                    server.manage_workers()
                    self.assertEqual(len(server.forks), forks, 'another would hang too')
                for pid in server.kills:
                    if pid in server.WORKERS:
                        server.die(pid)
                server.manage_workers()
                self.assertEqual(len(set(server.kills) & set(old)), gone, hanging)
            served = [pid for pid in server.WORKERS if pid not in old and pid not in server.kills][0]
            self.boot(served)
            stuck.discard(served)
            for _ in range(3):
                stuck.update(pid for pid in server.WORKERS if pid not in old and pid != served)
                server.manage_workers()
            self.assertEqual(len(set(server.kills) & set(old)), 2)

    def test_the_last_old_one_goes_when_a_third_new_one_hangs(self):
        server = self.start(1)
        old = server.forks[0]
        self.reload()
        stuck = set()
        with patch.object(self.force._slots, 'stuck', lambda pids, *_: [pid for pid in pids if pid in stuck]):
            for _ in range(2):
                stuck.update(pid for pid in server.WORKERS if pid != old)
                server.manage_workers()
            self.assertEqual((len(server.forks), old in server.kills), (3, False))
            for _ in range(3):
                for pid in server.kills:
                    if pid in server.WORKERS:
                        server.die(pid)
                server.manage_workers()
                stuck.update(pid for pid in server.WORKERS if pid != old)
            self.assertIn(old, server.kills)

    def test_waiters_and_holders_are_read_from_the_kernels_list(self):
        lines = ['1: FLOCK  ADVISORY  WRITE 10 fe:00:5 0 EOF', '1: -> FLOCK  ADVISORY  WRITE 11 fe:00:5 0 EOF',
                 '1:  -> FLOCK  ADVISORY  WRITE 12 fe:00:5 0 EOF', '2: POSIX  ADVISORY  READ 13 fe:00:6 0 0']
        self.assertEqual(list(file_locks._waits(lines)), [(11, 10), (12, 10)])
        with tempfile.TemporaryFile() as mine, self.assertRaises(OSError):
            fcntl.flock(mine, fcntl.LOCK_EX)
            with open('/proc/self/fd/%d' % mine.fileno()) as other:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.assertEqual(file_locks.holders([os.getpid()]), {})

    def test_gunicorns_own_end_in_the_middle_of_a_fork_is_one(self):
        class HaltServer(BaseException):
            pass

        for error, ended in ((HaltServer(), set()), (KeyboardInterrupt(), {'pre_fork'})):
            server = self.start(1)
            server.spawn_error = error
            server.num_workers = 2
            with patch.object(user_hooks, '_ended', ended), self.assertRaises(type(error)):
                server.manage_workers()


if __name__ == '__main__':
    unittest.main()
