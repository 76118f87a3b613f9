import os
import unittest
from unittest import mock

from support import runtime_folder, w
from gunicorn_autoscaler_probe.master import start
from gunicorn_autoscaler_probe.master.arbiter_file import ArbiterFile


class Setting:
    def __init__(self, default, value=None):
        self.default = default
        self._value = default if value is None else value

    def get(self):
        return self._value


class Config:
    def __init__(self, workers):
        self.workers = workers


def words(first=0, fewest=0, most=0, fitting=0):
    values = [0] * 512
    values[w.A_FIRST], values[w.A_FEWEST], values[w.A_MOST], values[w.A_FITTING] = first, fewest, most, fitting
    return values


class WorkersTest(unittest.TestCase):
    def test_the_configured_number_goes_first_within_the_bounds(self):
        for given, configured, expected in (
                ((2, 0, 0), 0, 2), ((2, 0, 0), 9, 9), ((2, 0, 4), 9, 4), ((3, 3, 0), 1, 3), ((2, 0, 0), 1, 1),
                ((0, 0, 0), 9, 0), ((2**63, 0, 0), 9, 0), ((2, 2**63, 0), 9, 100000),
                ((2, 0, 0, 1), 0, 1), ((2, 3, 0, 1), 9, 1), ((2, 0, 4, 3), 9, 3), ((2, 0, 4, 9), 9, 4),
                ((0, 0, 0, 1), 9, 0)):
            self.assertEqual(start.workers(words(*given), configured), expected, (given, configured))

    def test_there_may_be_several_unless_one_is_named_or_the_maximum(self):
        for given, workers, configured, expected in (
                ((2, 0, 0), 2, 0, True), ((1, 1, 0), 1, 0, True), ((1, 0, 1), 1, 0, False), ((2, 0, 0), 1, 1, False),
                ((0, 0, 0), 1, 0, False), ((0, 0, 8), 1, 1, True), ((0, 0, 0), 2, 0, True)):
            self.assertEqual(start.may_be_several(words(*given), workers, configured), expected, (given, workers))

    def test_a_number_is_named_by_the_file_the_line_or_the_environment(self):
        with mock.patch.dict(os.environ):
            os.environ.pop('WEB_CONCURRENCY', None)
            for workers, in_file, named in ((1, False, 0), (1, True, 1), (4, False, 4), (0, True, 0)):
                self.assertEqual(start.named_workers(Config(workers), in_file), named)
            os.environ['WEB_CONCURRENCY'] = '1'
            self.assertEqual(start.named_workers(Config(1), False), 1)

    def test_the_number_to_begin_with_is_wanted_until_another_is_asked_for(self):
        with runtime_folder() as folder:
            file = ArbiterFile(folder)
            file.begin(5)
            self.assertEqual(file.wanted(), (0, None))  # the count is not left to the configuration
            file._words[w.A_FIRST] = 2
            file.begin(5)
            self.assertEqual(file.wanted(), (0, 5))
            file._words[w.A_WANTED] = 7
            self.assertEqual(file.wanted()[1], 7)
            file.close()


class GraceTest(unittest.TestCase):
    def lengthened(self, word, space, timeout=None, grace=None):
        settings = {'timeout': Setting(30, timeout), 'graceful_timeout': Setting(30, grace)}
        space = dict(space)
        given = 'graceful_timeout' in space
        line = start.lengthen_grace(word, settings, space)
        self.assertEqual(line is not None, 'graceful_timeout' in space and not given)
        return space.get('graceful_timeout')

    def test_a_timeout_over_thirty_seconds_is_the_graceful_timeout_too(self):
        self.assertEqual(self.lengthened(1, {'timeout': 120}), 120)
        self.assertEqual(self.lengthened(1, {'timeout': '120'}), 120)
        self.assertEqual(self.lengthened(91, {'timeout': 120}), 90)
        self.assertEqual(self.lengthened(1, {}, timeout=60), 60)

    def test_otherwise_it_is_left_alone(self):
        self.assertIsNone(self.lengthened(0, {'timeout': 120}))
        self.assertIsNone(self.lengthened(1, {'timeout': 10}))
        self.assertIsNone(self.lengthened(1, {'timeout': 0}))
        self.assertEqual(self.lengthened(1, {'timeout': 120, 'graceful_timeout': 5}), 5)
        self.assertIsNone(self.lengthened(1, {'timeout': 120}, grace=5))


if __name__ == '__main__':
    unittest.main()
