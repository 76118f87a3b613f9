import io
import os
import threading
import unittest
from unittest import mock

import support  # noqa: F401  finds the probe
from fake_arbiter import Arbiter
from gunicorn_autoscaler_probe import process_room
from gunicorn_autoscaler_probe.process_room import fitting


class ThreadWorker:
    pass


ThreadWorker.__module__ = 'gunicorn.workers.gthread'
V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n'
V1 = ('31 23 0:27 /docker/1 /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n'
      '32 23 0:28 /docker/1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n')


class ProcessRoomTest(unittest.TestCase):
    def setUp(self):
        self.server = Arbiter()
        self.server.cfg.threads = 8

    def fitting(self, wanted, limits, threads, maximum=0):
        with mock.patch.object(process_room, '_limits', lambda cfg: limits), \
                mock.patch.object(process_room, 'threads_of', lambda pid: threads[pid]):
            return fitting(self.server, wanted, list(threads), maximum)

    def test_without_a_limit_all_fit(self):
        self.assertEqual(self.fitting(5, [], {1: 1}), 5)

    def test_a_tenth_stays_free(self):
        self.assertEqual(self.fitting(50, [(200, 150)], {1: 1}), 30)

    def test_of_several_limits_the_narrowest_holds(self):
        self.assertEqual(self.fitting(9, [(1000, 10), (20, 10), (100, 10)], {1: 1}), 6)

    def test_others_may_start_as_many_threads_as_one_has(self):
        self.assertEqual(self.fitting(9, [(100, 30)], {1: 10, 2: 1, 3: 1}), 4)

    def test_threads_of_gthread_are_counted_before_they_are_started(self):
        self.server.worker_class = ThreadWorker
        self.assertEqual(self.fitting(9, [(100, 4)], {1: 1, 2: 1}), 7)

    def test_nothing_is_held_back_where_the_maximum_fits_exactly(self):
        self.server.worker_class = ThreadWorker
        self.server.cfg.threads = 100
        self.assertEqual(self.fitting(3, [(405, 2)], {1: 1}, 4), 3)
        self.assertEqual(self.fitting(3, [(404, 2)], {1: 1}, 4), 2)

    def test_a_limit_that_cannot_be_read_holds_nothing_back(self):
        with mock.patch.object(process_room, '_limits', side_effect=OSError):
            self.assertEqual(fitting(self.server, 5, [1]), 5)

    def test_where_there_is_no_room_none_fits(self):
        self.assertEqual(self.fitting(9, [(10, 10)], {1: 1}), 0)

    def test_threads_are_counted(self):
        go = threading.Event()
        before = process_room.threads_of(os.getpid())
        thread = threading.Thread(target=go.wait)
        thread.start()
        try:
            counted = process_room.threads_of(os.getpid()), process_room.threads_of(2**30)
            self.assertEqual(counted, (before + 1, 0))
        finally:
            go.set()
            thread.join()

    def test_a_user_with_the_right_to_pass_the_limit_is_not_bound_and_another_user_is(self):
        uid = os.geteuid()
        for rights, is_unbound in (('0000000001000000', True), ('0000000000200000', True), ('0000000000000400', False)):
            status = 'CapPrm:\t0\nCapEff:\t%s\n' % rights
            with mock.patch.object(process_room, 'kernel_text', lambda path: io.StringIO(status)):
                self.assertEqual(process_room._is_unbound(uid), is_unbound, rights)
                self.assertFalse(process_room._is_unbound(uid + 1))

    def groups(self, cgroup, mounts):
        texts = {'/proc/self/cgroup': cgroup, '/proc/self/mountinfo': mounts}
        with mock.patch.object(process_room, 'kernel_text', lambda path: io.StringIO(texts[path])):
            return list(process_room._groups())

    def test_a_group_of_version_two_and_those_above_it(self):
        self.assertEqual(self.groups('0::/a.slice/b.service\n', V2),
                         ['/sys/fs/cgroup/a.slice/b.service', '/sys/fs/cgroup/a.slice', '/sys/fs/cgroup'])

    def test_a_group_of_version_one_below_the_root_of_its_mount(self):
        self.assertEqual(self.groups('5:cpu:/docker/1\n4:pids:/docker/1/x\n', V1),
                         ['/sys/fs/cgroup/pids/x', '/sys/fs/cgroup/pids'])

    def test_of_a_group_that_is_not_mounted_the_mount_is_taken(self):
        self.assertEqual(self.groups('4:pids:/other\n', V1), ['/sys/fs/cgroup/pids'])

    def test_the_limit_of_a_user_counts_all_that_are_theirs(self):
        own = process_room._used_by(os.getuid())
        self.assertGreaterEqual(own, 1)
        cfg = mock.Mock(uid=os.getuid() or 1)
        with mock.patch.object(process_room, '_groups', lambda: []), \
                mock.patch.object(process_room.resource, 'getrlimit', lambda what: (100, 100)), \
                mock.patch.object(process_room, '_is_unbound', lambda uid: is_unbound), \
                mock.patch.object(process_room, '_used_by', lambda uid: 7):
            is_unbound = False
            self.assertEqual(list(process_room._limits(cfg)), [(100, 7)])
            is_unbound = True
            self.assertEqual(list(process_room._limits(cfg)), [])
            cfg.uid = 0
            self.assertEqual(list(process_room._limits(cfg)), [])


if __name__ == '__main__':
    unittest.main()
