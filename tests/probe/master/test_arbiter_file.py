import fcntl
import os
import sys
import types
import unittest
from unittest import mock

from fake_arbiter import Arbiter, SyncWorker
from support import Config, read_arbiter, runtime_folder, w, want, write_arbiter
from gunicorn_autoscaler_probe import kinds
from gunicorn_autoscaler_probe.master import claim
from gunicorn_autoscaler_probe.master.arbiter_file import ArbiterFile


NOBODY = 2**22 - 1  # no process has this pid


def in_child(step):
    """What `step` returns in a forked process, as true or false."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = 0 if step() else 1
        finally:
            os._exit(code)
    status = os.WEXITSTATUS(os.waitpid(pid, 0)[1])
    assert status in (0, 1), status
    return status == 0


class ArbiterFileTest(unittest.TestCase):
    def test_it_reads_what_is_wanted_and_answers(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            self.assertEqual(file.wanted(), (0, None))
            want(folder, 7)
            self.assertEqual(file.wanted(), (1, 7))
            self.assertFalse(file.is_answered(1))
            file.confirm(7, 1)
            self.assertTrue(file.is_answered(1))
            words = read_arbiter(folder)
            self.assertEqual((words[w.A_CONFIRMED], words[w.A_CONFIRMED_SEQ]), (7, 1))
            file.close()

    def test_an_impossible_number_is_no_wish(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            want(folder, 2**63)
            self.assertEqual(file.wanted(), (1, None))
            file.close()

    def test_who_claims_the_file_obeys_and_says_who_it_is(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            self.assertFalse(file.is_obeying())
            self.assertTrue(file.claim())
            self.assertTrue(file.is_obeying())
            words = read_arbiter(folder)
            self.assertEqual((words[w.A_CLAIMED_PID], words[w.A_CLAIMED_START]), (os.getpid(), claim.start_ticks()))
            file.close()

    def test_a_timeout_may_be_the_largest_number_that_there_is(self):
        server = types.SimpleNamespace(
            cfg=Config(timeout=sys.maxsize, graceful_timeout=sys.maxsize), worker_class=SyncWorker)
        gunicorn = types.SimpleNamespace(version_info=(27, 0, 1))
        with runtime_folder() as folder, mock.patch.dict(sys.modules, gunicorn=gunicorn):
            file = ArbiterFile(folder)
            file.publish_configuration(server)
            words = read_arbiter(folder)
            self.assertEqual((words[w.A_TIMEOUT_MS], words[w.A_GRACEFUL_TIMEOUT_MS]), (2**53, 2**53))
            self.assertEqual(words[w.A_GUNICORN_VERSION], 270001)
            file.close()

    def test_without_a_supervisor_that_lives_there_is_nothing_to_claim(self):
        with runtime_folder(supervisor_pid=os.getpid()) as folder:
            file = ArbiterFile(folder)
            self.assertFalse(file.claim())
            file.close()

    def test_below_a_launcher_the_supervisors_lock_tells_whether_it_lives(self):
        with runtime_folder(supervisor_pid=NOBODY) as folder:
            file = ArbiterFile(folder)
            with open(os.path.join(folder, 'arbiter')) as supervisors:
                fcntl.flock(supervisors, fcntl.LOCK_EX)
                self.assertTrue(in_child(file.claim), 'a process of the launcher')
                self.assertTrue(in_child(lambda: file.claim() and file.has_launcher and file.is_obeying()))
            self.assertFalse(in_child(file.claim), 'the supervisor is gone')
            file.close()

    def test_a_supervisor_that_died_before_leaves_an_abandoned_file(self):
        with runtime_folder(supervisor_pid=NOBODY) as folder:
            file = ArbiterFile(folder)
            self.assertFalse(file.claim())
            self.assertTrue(file.is_abandoned())
            self.assertFalse(in_child(lambda: ArbiterFile(folder).is_abandoned()), 'another master has it')
            file.close()
        for living in (os.getpid(), os.getppid()):
            with runtime_folder(supervisor_pid=living) as folder:
                file = ArbiterFile(folder)
                self.assertFalse(file.is_abandoned())
                file.close()

    def test_a_killed_supervisor_whose_parent_takes_no_note_is_gone(self):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie
        try:
            with runtime_folder(supervisor_pid=pid) as folder:
                file = ArbiterFile(folder)
                self.assertTrue(file.is_abandoned())
                file.close()
        finally:
            os.waitpid(pid, 0)

    def test_only_one_process_can_claim_it_at_a_time(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            self.assertTrue(file.claim())
            words = read_arbiter(folder)

            def second():
                file.supervisor_pid = os.getppid()
                return ArbiterFile(folder).claim() or file.is_obeying()
            self.assertFalse(in_child(second), 'a fork, and a gunicorn that it runs')
            self.assertEqual(read_arbiter(folder), words)
            file.close()

    def test_what_a_master_before_has_left_is_forgotten(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            file.publish_ready()
            file.confirm(9, 3)
            self.assertTrue(file.claim())
            words = read_arbiter(folder)
            self.assertEqual((words[w.A_READY_NS], words[w.A_CONFIRMED], words[w.A_CONFIRMED_SEQ]), (0, 0, 0))
            file.close()

    def test_a_file_of_another_format_is_refused(self):
        with runtime_folder() as folder:
            write_arbiter(folder, os.getppid(), magic=1)
            with self.assertRaises(ValueError):
                ArbiterFile(folder)

    def test_a_missing_file_is_an_error(self):
        with runtime_folder() as folder:
            os.unlink(os.path.join(folder, 'arbiter'))
            with self.assertRaises(OSError):
                ArbiterFile(folder)


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

    def test_a_sync_worker_with_a_main_loop_of_its_own_is_unknown(self):
        class Beside(SyncWorker):
            def run(self):
                self.prepared = True
                super().run()

        class Loop(SyncWorker):
            def run(self):
                while self.alive:
                    self.notify()
                    self.handle(*self.sockets[0].accept())

        class Own(SyncWorker):
            def run(self):
                self.server = self.wsgi
                self.server.serve_forever()

        class OfOwn(Own):
            pass

        self.assertEqual([kinds.kind_of(one) for one in (Beside, Loop, Own, OfOwn)],
                         [kinds.SYNC, kinds.SYNC, kinds.UNKNOWN, kinds.UNKNOWN])

    def test_slots_by_class(self):
        cfg = Arbiter().cfg
        cfg.threads, cfg.worker_connections = 8, 500
        self.assertEqual([kinds.slots_of(kind, cfg) for kind in (kinds.SYNC, kinds.GTHREAD, kinds.UVICORN)],
                         [1, 8, 500])


if __name__ == '__main__':
    unittest.main()
