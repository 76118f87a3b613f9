import os
import subprocess
import sys
import unittest
from unittest import mock

from support import w  # noqa: F401  (finds the package)
from gunicorn_autoscaler_probe import process_stat
from gunicorn_autoscaler_probe.workforce import boot_activity
from gunicorn_autoscaler_probe.workforce.boot_activity import BootActivity

S = 10**9


class BootActivityTest(unittest.TestCase):
    def seen(self, program, cpu_s):
        """When a process with this program computed last, by looks at 5 s and at 8 s; it computes so long between."""
        activity = BootActivity()
        with subprocess.Popen([sys.executable, '-c', program], stdout=subprocess.PIPE) as process:
            try:
                process.stdout.readline()
                activity.last_ns(process.pid, 5 * S)
                began_ns = boot_activity._cpu_ns(process.pid)
                while boot_activity._cpu_ns(process.pid) - began_ns < cpu_s * S:
                    os.sched_yield()
                return activity.last_ns(process.pid, 8 * S)
            finally:
                process.kill()

    def test_a_process_that_computes_or_would_is_active(self):
        self.assertEqual(self.seen('print(flush=True)\nwhile True: pass', 0.1), 8 * S)

    def test_one_that_only_waits_for_a_cpu_would_compute_one_that_wakes_now_and_then_would_not(self):
        for waited_s, last_ns in ((2, 8 * S), (0.5, 0)):
            activity = BootActivity()
            with mock.patch.object(boot_activity, '_cpu_ns', lambda pid: 0):
                for at_s, waited in ((5, 0), (8, waited_s)):
                    with mock.patch.object(process_stat, 'waited_ns', lambda pid: int(waited * S)):
                        seen = activity.last_ns(7, at_s * S)
            self.assertEqual(seen, last_ns)

    def test_one_that_waits_is_not(self):
        self.assertEqual(self.seen('import time; print(flush=True); time.sleep(60)', 0), 0)

    def test_what_cannot_be_read_is_not_active_and_raises_nothing(self):
        activity = BootActivity()
        self.assertEqual([activity.last_ns(2**22 + 1, at * S) for at in (5, 8)], [0, 0])

    def test_one_that_is_forgotten_begins_anew(self):
        activity = BootActivity()
        activity._last_ns[os.getpid()] = 5
        activity.forget(os.getpid())
        self.assertEqual(activity.last_ns(os.getpid(), 5 * S), 0)


if __name__ == '__main__':
    unittest.main()
