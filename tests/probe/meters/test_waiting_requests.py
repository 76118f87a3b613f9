import unittest
from unittest.mock import patch

from support import w  # noqa: F401  (finds the package)
from gunicorn_autoscaler_probe.meters import waiting_requests
from gunicorn_autoscaler_probe.meters.waiting_requests import LOOK_NS, WaitingRequests

MS = 10**6


class WaitingRequestsTest(unittest.TestCase):
    def setUp(self):
        self.now = 10**9
        self.cpu = 0
        for name, clock in (('monotonic_ns', lambda: self.now), ('process_time_ns', lambda: self.cpu)):
            patcher = patch.object(waiting_requests, name, clock)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.waits = WaitingRequests()

    def look(self, in_service, begun_at, cpu_ms=0, passed_ns=LOOK_NS):
        self.now += passed_ns
        self.cpu += cpu_ms * MS
        return self.waits.among(in_service, begun_at)

    def test_requests_that_take_no_cpu_time_wait(self):
        begun_at = self.now
        self.assertEqual([self.look(2, begun_at) for _ in range(3)], [0, 2, 2])

    def test_one_that_computes_does_not_and_neither_does_one_that_has_just_begun(self):
        begun_at = self.now
        self.assertEqual([self.look(1, begun_at, cpu_ms=49) for _ in range(3)], [0, 0, 0])
        self.assertEqual(self.look(2, self.now, passed_ns=60 * LOOK_NS), 0)

    def test_beside_those_that_wait_one_computes_after_the_other_without_a_pause(self):
        begun_at = self.now
        self.look(3, begun_at), self.look(3, begun_at)
        begun_at = self.now
        computing = [self.look(4, begun_at, cpu_ms=40, passed_ns=40 * MS) for _ in range(3)]
        self.assertEqual(computing, [3, 3, 3])
        self.assertEqual(self.look(3, begun_at, passed_ns=MS), 3)

    def test_one_that_waited_and_computes_now_counts_no_more(self):
        begun_at = self.now
        self.look(2, begun_at), self.look(2, begun_at)
        self.assertEqual(self.look(2, begun_at, cpu_ms=49), 1)
        self.assertEqual(self.look(1, begun_at, passed_ns=MS), 1, 'the other still waits')


if __name__ == '__main__':
    unittest.main()
