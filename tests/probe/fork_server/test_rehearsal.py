import fnmatch
import io
import logging
import random
import subprocess
import sys
import types
import unittest

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server import rehearsal


class Counted(logging.Formatter):
    """Of the application."""

    made = 0

    def format(self, record):
        Counted.made += 1
        return super().format(record)


class Server:
    def __init__(self, formatter):
        self.log = self
        self.stream = io.StringIO()
        self.error_log = logging.Logger('test')
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(formatter)
        self.error_log.addHandler(handler)


class RehearsalTest(unittest.TestCase):

    def test_it_does_what_a_boot_does_and_writes_nothing(self):
        server = Server(logging.Formatter('%(asctime)s %(message)s'))
        rehearsal.rehearse(server)
        self.assertEqual(server.stream.getvalue(), '')

    def test_code_of_the_application_does_not_run(self):
        rehearsal.rehearse(Server(Counted()))
        self.assertEqual(Counted.made, 0)
        made = []
        self.addCleanup(logging.setLogRecordFactory, logging.getLogRecordFactory())
        logging.setLogRecordFactory(lambda *args, **named: made.append(args) or logging.LogRecord(*args, **named))
        rehearsal.rehearse(Server(logging.Formatter()))
        self.assertEqual(made, [])

    def test_a_workers_seed_imports_nothing_more(self):
        code = ('import random, sys, support; from test_rehearsal import rehearsal; rehearsal.rehearse(object());'
                'before = set(sys.modules); random.seed(b"1"); print(sorted(set(sys.modules) - before))')
        ran = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, check=True,
                             env={'PYTHONPATH': ':'.join(sys.path)})
        self.assertEqual(ran.stdout, b'[]\n')
        state = random.getstate()
        rehearsal.rehearse(object())
        self.assertEqual(random.getstate(), state)

    def test_patterns_that_sentry_matches_are_compiled(self):
        sentry = types.ModuleType('sentry_sdk.integrations.logging')
        sentry._IGNORED_LOGGERS = {'of.no.other.test.*'}
        self.addCleanup(sys.modules.pop, sentry.__name__)
        sys.modules[sentry.__name__] = sentry
        rehearsal.rehearse(Server(logging.Formatter()))
        compiled = fnmatch._compile_pattern.cache_info().misses
        fnmatch.fnmatch('any', 'of.no.other.test.*')
        self.assertEqual(fnmatch._compile_pattern.cache_info().misses, compiled)

    def test_a_logger_of_another_make_does_no_harm(self):
        rehearsal.rehearse(object())
