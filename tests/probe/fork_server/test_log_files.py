import logging
import os
import sys
import tempfile
import types
import unittest

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server.worker_state import log_files


class Logger:
    """gunicorn's."""

    looked = 0

    def close_on_exec(self):
        self.looked += 1


class OtherLogger(Logger):
    """Of the user."""

    def close_on_exec(self):
        super().close_on_exec()


class LogFilesTest(unittest.TestCase):

    def setUp(self):
        for name in 'gunicorn', 'gunicorn.glogging':
            before = sys.modules.get(name)
            self.addCleanup(lambda name=name, before=before: sys.modules.update({name: before}) if before
                            else sys.modules.pop(name))
            sys.modules[name] = types.ModuleType(name)
        sys.modules['gunicorn.glogging'].Logger = Logger
        self.addCleanup(setattr, log_files._Marked, 'handlers', None)
        self.addCleanup(setattr, log_files._Marked, 'before', ())
        self.first = logging.NullHandler()  # of gunicorn's

    def looks_in_worker(self, log, boot):
        log_files.mark(log)
        log_files.note()
        self.assertEqual(log.looked, 0)
        log_files.mark_no_more(log)
        boot()
        log.close_on_exec()
        return log.looked

    def test_a_worker_does_not_look_at_loggers_again(self):
        log = Logger()
        self.assertEqual(self.looks_in_worker(log, lambda: None), 0)
        log.close_on_exec()  # by the application
        self.assertEqual(log.looked, 1)

    def test_a_handler_of_a_hook_is_looked_at(self):
        made = []
        self.assertEqual(self.looks_in_worker(Logger(), lambda: made.append(logging.NullHandler())), 1)

    def test_a_handler_in_the_place_of_another_is_looked_at(self):
        made = [logging.NullHandler()]
        self.assertEqual(self.looks_in_worker(Logger(), lambda: made.__setitem__(0, logging.NullHandler())), 1)

    def test_a_logger_class_of_the_user_does_what_it_does(self):
        self.assertEqual(self.looks_in_worker(OtherLogger(), lambda: None), 1)

    def test_files_have_the_marks_that_gunicorn_gives_before_the_import_after_a_rotation_too(self):
        class Handler(logging.FileHandler):
            def _open(self):
                stream = super()._open()
                os.set_inheritable(stream.fileno(), True)
                return stream

        def reopen():
            for handler in (gunicorns, imports):
                handler.close()
                handler.stream = handler._open()

        with tempfile.TemporaryDirectory() as folder:
            gunicorns = Handler(os.path.join(folder, 'gunicorns'))
            self.addCleanup(gunicorns.close)
            log = Logger()
            log.reopen_files = reopen
            log_files.mark(log)
            imports = Handler(os.path.join(folder, 'imports'))
            self.addCleanup(imports.close)
            log_files.note()
            for _ in range(2):
                inherited = [os.get_inheritable(one.stream.fileno()) for one in (gunicorns, imports)]
                self.assertEqual(inherited, [False, True])
                log_files.reopen(log)
