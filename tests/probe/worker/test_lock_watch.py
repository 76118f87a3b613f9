import threading
import types
import unittest
from unittest.mock import patch

from support import page, w
from gunicorn_autoscaler_probe import interpreter_lock
from gunicorn_autoscaler_probe.worker import lock_watch
from gunicorn_autoscaler_probe.worker.lock_watch import Verdict

MS = 10**6


def looked(verdict, *looks):
    for late_ms, waited_ms in looks:
        verdict.add(late_ms * MS, waited_ms * MS)
    return verdict.is_free


class VerdictTest(unittest.TestCase):
    def test_few_late_looks_of_twenty_are_a_free_lock(self):
        for late, is_free in ((0, True), (6, True), (7, False), (20, False)):
            self.assertEqual(looked(Verdict(), *[(5, 0)] * late + [(0.1, 0)] * (20 - late)), is_free, late)

    def test_the_last_twenty_count(self):
        verdict = Verdict()
        self.assertFalse(looked(verdict, *[(5, 0)] * 100 + [(0.1, 0)] * 13))
        self.assertTrue(looked(verdict, (0.1, 0)))

    def test_looks_that_were_late_for_want_of_a_core_do_not_count(self):
        verdict = Verdict()
        self.assertTrue(looked(verdict, *[(0.1, 0), (5, 4)] * 20))
        self.assertTrue(looked(verdict, *[(5, 4)] * 100))

    def test_only_when_nearly_all_of_sixty_are_late_is_it_taken_back(self):
        for in_time, is_free in ((0, False), (3, False), (4, True)):
            verdict = Verdict()
            looked(verdict, *[(0.1, 0)] * 20)
            self.assertTrue(looked(verdict, *[(0.1, 0)] * in_time + [(5, 0)] * (59 - in_time)))
            self.assertEqual(looked(verdict, (5, 0)), is_free, in_time)

    def test_taken_back_it_begins_anew(self):
        verdict = Verdict()
        looked(verdict, *[(0.1, 0)] * 20 + [(5, 0)] * 60)
        self.assertFalse(looked(verdict, *[(0.1, 0)] * 19))
        self.assertTrue(looked(verdict, (0.1, 0)))


class LockWatchTest(unittest.TestCase):
    def begun(self, asked, in_flight, has_lock=True):
        """How many threads look after three turns of the main loop."""
        threads = []
        worker = types.SimpleNamespace(notify=lambda: None)
        with page() as m, patch.object(lock_watch, 'start_new_thread', lambda *call: threads.append(call)), \
                patch.object(interpreter_lock, 'exists', lambda: has_lock):
            m[w.ONE_UNTIL_NS], m[w.IN_FLIGHT] = asked, in_flight
            lock_watch.attach(worker, m)
            for _ in range(3):
                worker.notify()
        return len(threads)

    def test_one_thread_looks_while_a_worker_that_is_asked_serves(self):
        self.assertEqual(self.begun(asked=2**62, in_flight=1), 1)
        self.assertEqual(self.begun(asked=0, in_flight=1), 0)
        self.assertEqual(self.begun(asked=1, in_flight=1), 0, 'it has run out')
        self.assertEqual(self.begun(asked=2**62, in_flight=0), 0)
        self.assertEqual(self.begun(asked=2**62, in_flight=1, has_lock=False), 0)

    def test_without_a_slot_or_a_thread_a_worker_serves_on(self):
        worker = types.SimpleNamespace(notify=lambda: None)

        def refused(*call):
            raise RuntimeError("can't start new thread")

        with page() as m, patch.object(lock_watch, 'start_new_thread', refused):
            m[w.ONE_UNTIL_NS], m[w.IN_FLIGHT] = 2**62, 1
            lock_watch.attach(worker, m)
            worker.notify()
        worker.notify()

    def test_after_an_error_it_looks_no_more(self):
        threads = []

        def begin(run, arguments):
            threads.append(run)
            run(*arguments)

        def waited(task):
            raise RuntimeError

        with page() as m, patch.object(lock_watch, 'waited_ns', waited), \
                patch.object(lock_watch, 'start_new_thread', begin):
            m[w.ONE_UNTIL_NS], m[w.IN_FLIGHT] = 2**62, 1
            watch = lock_watch.LockWatch(m)
            for _ in range(3):
                watch.look_if_asked()
        self.assertEqual(len(threads), 1)

    def test_it_ends_when_no_longer_asked(self):
        with page() as m:
            m[w.ONE_UNTIL_NS], m[w.IN_FLIGHT] = 2**62, 1
            ended = threading.Event()
            watch = lock_watch.LockWatch(m)

            def sleep(seconds):
                m[w.ONE_UNTIL_NS] = 0

            def begin(run, arguments):
                threading.Thread(target=lambda: (run(*arguments), ended.set())).start()

            with patch.object(lock_watch, 'sleep', sleep), patch.object(lock_watch, 'start_new_thread', begin):
                watch.look_if_asked()
                self.assertTrue(ended.wait(10))


if __name__ == '__main__':
    unittest.main()
