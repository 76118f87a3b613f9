import unittest

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe import report


class Log:
    def __init__(self):
        self.lines = []

    def warning(self, text, *given):
        self.lines.append(text % given)


class ReportTest(unittest.TestCase):
    def test_a_failure_is_one_line_however_long_its_error_is(self):
        log = Log()
        report.trouble('test one line', TypeError('first\nsecond'), log)
        self.assertEqual(log.lines, ['gunicorn-autoscaler: Cannot test one line (TypeError: first); '
                                     'gunicorn goes on without it'])


if __name__ == '__main__':
    unittest.main()
