import unittest

from support import w  # noqa: F401  (finds the package)
from gunicorn_autoscaler_probe.workforce.boot_backoff import BootBackoff

SECOND = 10**9


class BootBackoffTest(unittest.TestCase):
    def test_the_wait_doubles_from_half_a_second_to_thirty(self):
        boots, now, waits = BootBackoff(), SECOND, []
        for _ in range(9):
            boots.failed(now)
            waits.append(boots.wait_ns(now) / SECOND)
            now += boots.wait_ns(now)
        self.assertEqual(waits, [0.5, 1, 2, 4, 8, 16, 30, 30, 30])

    def test_while_none_serves_the_wait_is_a_second_at_most(self):
        boots, now = BootBackoff(), SECOND
        for wait in (0.5, 1, 1, 1, 1):
            boots.failed(now)
            self.assertEqual(boots.wait_ns(now, is_serving=False) / SECOND, wait)
            now += boots.wait_ns(now, is_serving=False)

    def test_failures_of_one_round_count_once_for_the_wait_and_each_for_the_number(self):
        boots = BootBackoff()
        for _ in range(8):
            boots.failed(SECOND)
        self.assertEqual((boots.failures, boots.wait_ns(SECOND)), (8, SECOND // 2))

    def test_a_worker_that_got_ready_after_the_last_failure_ends_the_wait(self):
        boots = BootBackoff()
        boots.failed(SECOND)
        boots.ready(SECOND // 2)
        self.assertTrue(boots.is_failing, 'it was ready before the failure')
        boots.ready(SECOND + 1)
        self.assertFalse(boots.is_failing)
        self.assertEqual(boots.wait_ns(SECOND), 0)
        boots.failed(3 * SECOND)
        self.assertEqual(boots.wait_ns(3 * SECOND), SECOND // 2, 'and the next starts from the beginning')

    def test_a_failure_a_thousand_rounds_long_overflows_nothing(self):
        boots, now = BootBackoff(), 0
        for _ in range(1000):
            boots.failed(now)
            now += boots.wait_ns(now)
        self.assertEqual(boots.wait_ns(now - 1), 1)


if __name__ == '__main__':
    unittest.main()
