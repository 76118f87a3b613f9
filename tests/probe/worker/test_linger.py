import time
import unittest
from unittest import mock

from support import page, w
from gunicorn_autoscaler_probe.worker import linger


class Worker:
    def __init__(self):
        self.beats = 0

    def run(self):
        self.ran = True

    def notify(self):
        self.beats += 1


class LingerTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, linger, '_LOOK_EVERY_S', linger._LOOK_EVERY_S)
        linger._LOOK_EVERY_S = 0.01

    def run_with(self, state):
        worker = Worker()
        with page() as m:
            m[w.STATE] = state
            m[w.LAST_CHANGE_NS] = time.monotonic_ns()
            linger.before_end(worker, m, 10**8)
            worker.run()
            self.assertTrue(worker.ran)
            return worker.beats, time.monotonic_ns() - m[w.LAST_CHANGE_NS]

    def test_a_worker_that_a_shrink_ends_stays_with_its_heartbeat_kept(self):
        beats, took_ns = self.run_with(w.DRAINING)
        self.assertGreater(beats, 1)
        self.assertGreaterEqual(took_ns, 10**8)

    def test_it_sleeps_as_gevent_or_eventlet_does_that_has_patched_time_since(self):
        slept = []
        with mock.patch.object(time, 'sleep', lambda seconds: slept.append(seconds)):
            self.run_with(w.DRAINING)
        self.assertTrue(slept)

    def test_not_when_the_whole_server_stops(self):
        self.assertEqual(self.run_with(w.READY)[0], 0)


if __name__ == '__main__':
    unittest.main()
