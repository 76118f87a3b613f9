import gc
import os
import signal
import tempfile
import threading
import time
import types
import unittest
import warnings

from support import page, w
from gunicorn_autoscaler_probe import kinds
from gunicorn_autoscaler_probe.worker import last_work


class Heartbeat:
    def __init__(self):
        self._tmp = tempfile.TemporaryFile()

    def fileno(self):
        return self._tmp.fileno()

    def notify(self):
        os.utime(self.fileno(), (time.monotonic(), time.monotonic()))


class Worker:
    def __init__(self, timeout=30):
        self.tmp = Heartbeat()
        self.cfg = types.SimpleNamespace(timeout=timeout, graceful_timeout=30)

    def run(self):
        self.ran = True


class LastWorkTest(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, last_work, '_TOUCH_EVERY_S', last_work._TOUCH_EVERY_S)
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        last_work._TOUCH_EVERY_S = 0.01

    def touched_after_run(self, state, kind=kinds.SYNC, works=True, timeout=30, is_of_start=False):
        """Whether the file of the heartbeat is touched though the worker has closed its own, and the slot's word."""
        worker, done = Worker(timeout), threading.Event()
        thread = threading.Thread(target=done.wait, daemon=not works)
        thread.start()
        if is_of_start:
            last_work.started()
        with page() as m, open(os.dup(worker.tmp.fileno()), 'rb') as master:
            try:
                m[w.STATE] = state
                last_work.see_out(worker, kind, m)
                worker.run()
                self.assertTrue(worker.ran)
                worker.tmp._tmp.close()
                os.utime(master.fileno(), (1, 1))
                end_s = time.monotonic() + (2 if state == w.DRAINING and works and timeout and not is_of_start else 0.1)
                while os.fstat(master.fileno()).st_mtime == 1 and time.monotonic() < end_s:
                    time.sleep(0.005)
                return os.fstat(master.fileno()).st_mtime != 1, m[w.EMPTIES_ITSELF]
            finally:
                done.set()
                thread.join()

    def test_the_heartbeat_of_a_leaving_worker_is_kept_while_its_threads_work(self):
        self.assertEqual(self.touched_after_run(w.DRAINING), (True, w.SEEN_OUT))

    def test_a_sigterm_that_would_end_them_is_ignored_from_then_on(self):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.touched_after_run(w.DRAINING)
        self.assertEqual(signal.getsignal(signal.SIGTERM), signal.SIG_IGN)

    def test_a_loop_that_the_application_started_at_its_start_is_no_work_of_a_request(self):
        self.assertEqual(self.touched_after_run(w.DRAINING, is_of_start=True), (False, 0))

    def test_not_when_the_whole_server_stops_without_such_threads_without_a_timeout_or_with_patched_threads(self):
        for more in ({'state': w.READY}, {'works': False}, {'timeout': 0}, {'kind': kinds.GEVENT}):
            with self.subTest(more):
                self.assertEqual(self.touched_after_run(**{'state': w.DRAINING, **more}), (False, 0))

    def test_it_leaves_no_open_file_for_python_to_warn_of(self):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter('always')
            self.assertTrue(self.touched_after_run(w.DRAINING)[0])
            for thread in threading.enumerate():
                if thread is not threading.current_thread():
                    thread.join(5)
            gc.collect()
        self.assertEqual([str(one.message) for one in found if "mode='wb'" in str(one.message)], [])


if __name__ == '__main__':
    unittest.main()
