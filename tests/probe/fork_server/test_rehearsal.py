import io
import logging
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

    def test_a_logger_of_another_make_does_no_harm(self):
        rehearsal.rehearse(object())
