import os
import time
import unittest

from support import in_fork
from gunicorn_autoscaler_probe import process_stat
from gunicorn_autoscaler_probe.process_stat import PARENT, START_TICKS, SYSTEM_TICKS, THREADS, USER_TICKS, stat_number


class ProcessStatTest(unittest.TestCase):
    def test_the_numbers_are_those_of_the_process(self):
        ticks_a_second = os.sysconf('SC_CLK_TCK')
        self.assertEqual(stat_number('self', PARENT), os.getppid())
        self.assertEqual(stat_number(os.getpid(), THREADS), len(os.listdir('/proc/self/task')))
        self.assertLess(stat_number('self', START_TICKS) / ticks_a_second, time.clock_gettime(time.CLOCK_BOOTTIME))
        used_s = (stat_number('self', USER_TICKS) + stat_number('self', SYSTEM_TICKS)) / ticks_a_second
        self.assertAlmostEqual(used_s, time.process_time(), delta=0.1)

    def test_a_name_that_is_no_text_and_ends_like_the_field_hides_nothing(self):
        def named():
            with open('/proc/self/comm', 'wb', 0) as file:
                file.write(b'caf\xc3) 1 (')
            return stat_number('self', PARENT) == os.getppid()

        self.assertTrue(in_fork(named))

    def test_a_process_that_is_gone_has_no_fields(self):
        gone = 2**22 + 1
        self.assertEqual(process_stat.stat_fields(gone), [])
        self.assertEqual((stat_number(gone, PARENT, 7), process_stat.waited_ns(gone)), (7, 0))


if __name__ == '__main__':
    unittest.main()
