import os
import unittest

from fake_arbiter import Arbiter
from support import read_arbiter, runtime_folder, w, want, write_arbiter
from gunicorn_autoscaler_probe import kinds
from gunicorn_autoscaler_probe.master.doorbell import Doorbell


class DoorbellTest(unittest.TestCase):
    def test_it_reads_what_is_wanted_and_answers(self):
        with runtime_folder() as folder:
            bell = Doorbell(folder)
            self.assertEqual(bell.wanted(), (0, 0))
            want(folder, 7)
            self.assertEqual(bell.wanted(), (1, 7))
            self.assertFalse(bell.is_answered(1))
            bell.confirm(7, 1)
            self.assertTrue(bell.is_answered(1))
            words = read_arbiter(folder)
            self.assertEqual((words[w.A_CONFIRMED], words[w.A_CONFIRMED_SEQ]), (7, 1))
            bell.close()

    def test_an_impossible_number_is_no_wish(self):
        with runtime_folder() as folder:
            bell = Doorbell(folder)
            want(folder, 2**63)
            self.assertEqual(bell.wanted(), (1, 0))
            bell.close()

    def test_only_the_supervisors_own_child_obeys(self):
        with runtime_folder() as folder:
            bell = Doorbell(folder)
            self.assertTrue(bell.is_childs())
            bell.close()
        with runtime_folder(supervisor_pid=os.getpid()) as folder:
            bell = Doorbell(folder)
            self.assertFalse(bell.is_childs())
            bell.close()

    def test_a_file_of_another_format_is_refused(self):
        with runtime_folder() as folder:
            write_arbiter(folder, os.getppid(), magic=1)
            with self.assertRaises(ValueError):
                Doorbell(folder)

    def test_a_missing_file_is_an_error(self):
        with runtime_folder() as folder:
            os.unlink(os.path.join(folder, 'arbiter'))
            with self.assertRaises(OSError):
                Doorbell(folder)


class KindTest(unittest.TestCase):
    def test_the_nearest_known_ancestor_decides(self):
        class Worker:
            pass

        class GeventWorker(Worker):
            pass

        class GeventPyWSGIWorker(GeventWorker):
            pass

        class Mine(GeventPyWSGIWorker):
            pass

        GeventWorker.__module__ = GeventPyWSGIWorker.__module__ = 'gunicorn.workers.ggevent'
        self.assertEqual(kinds.kind_of(Mine), kinds.GEVENT_PYWSGI)
        self.assertEqual(kinds.kind_of(GeventWorker), kinds.GEVENT)
        self.assertEqual(kinds.kind_of(Worker), kinds.UNKNOWN)

    def test_slots_by_class(self):
        cfg = Arbiter().cfg
        cfg.threads, cfg.worker_connections = 8, 500
        self.assertEqual([kinds.slots_of(kind, cfg) for kind in (kinds.SYNC, kinds.GTHREAD, kinds.UVICORN)],
                         [1, 8, 500])


if __name__ == '__main__':
    unittest.main()
