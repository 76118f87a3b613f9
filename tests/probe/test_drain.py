import os
import signal
import unittest

from support import page, stopped_clock, w
from gunicorn_autoscaler_probe import drain
from gunicorn_autoscaler_probe.drain import Drain


class Worker(Drain):
    """A worker with `open` connections; notes what it is told."""

    def __init__(self, words, timeout_s=30, error=None):
        self.told = []
        self.open = 2
        self.error = error
        super().__init__(words, timeout_s, lambda: self.told.append('close connections'))

    def stop_accepting(self):
        if self.error is not None:
            raise self.error
        self.told.append('stop accepting')

    def is_empty(self):
        return self.open == 0

    def leave(self):
        self.told.append('leave')

    def is_over(self):
        return 'leave' in self.told


class DrainTest(unittest.TestCase):
    def test_nothing_happens_before_the_slot_says_draining(self):
        with page() as m:
            m[w.STATE] = w.READY
            worker = Worker(m)
            worker.look()
            self.assertEqual(worker.told, [])

    def test_it_stops_accepting_closes_with_each_answer_and_leaves_once_when_empty(self):
        with page() as m, stopped_clock(drain):
            m[w.STATE] = w.DRAINING
            worker = Worker(m)
            for _ in range(3):
                worker.look()
            self.assertEqual(worker.told, ['close connections', 'stop accepting'])
            worker.open = 0
            for _ in range(3):
                worker.look()
            self.assertEqual(worker.told[2:], ['leave'])

    def test_it_leaves_after_its_time_with_connections_open(self):
        with page() as m, stopped_clock(drain) as clock:
            m[w.STATE] = w.DRAINING
            worker = Worker(m, timeout_s=30)
            worker.look()
            clock.pass_ms(29900)
            worker.look()
            self.assertFalse(worker.is_over())
            clock.pass_ms(200)
            worker.look()
            self.assertTrue(worker.is_over())

    def test_a_worker_that_cannot_be_emptied_gets_the_signal_it_would_have_got(self):
        got = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
        try:
            with page() as m:
                m[w.STATE] = w.DRAINING
                Worker(m, error=LookupError('no server')).look()
                os.getpid()  # a bytecode for the handler to run at
            self.assertEqual(got, [signal.SIGTERM])
        finally:
            signal.signal(signal.SIGTERM, before)


if __name__ == '__main__':
    unittest.main()
