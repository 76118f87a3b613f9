import os
import unittest

from support import in_fork
from gunicorn_autoscaler_probe.master import parent


class ParentTest(unittest.TestCase):
    def test_in_the_master_alone_it_is_who_started_the_supervisor(self):
        starter = os.getpid()

        def supervisor():
            return in_fork(lambda: master(os.getppid()))

        def master(supervisor_pid):
            parent.hide_supervisor(supervisor_pid)
            pids = os.getppid(), parent.real_pid()
            own = os.getpid()
            return pids == (starter, supervisor_pid) and in_fork(lambda: os.getppid() == own)

        self.assertTrue(in_fork(supervisor))

    def test_a_parent_that_is_not_the_supervisor_stays(self):
        def master():
            before = os.getppid()
            parent.hide_supervisor(os.getpid())
            return os.getppid() == before

        self.assertTrue(in_fork(master))


if __name__ == '__main__':
    unittest.main()
