import os
import sys
import unittest
from unittest.mock import patch

import support  # noqa: F401  the package's place
from gunicorn_autoscaler_probe.fork_server import unfit
from support import Config, Setting


class Server:
    """An arbiter as far as this knows it."""

    def __init__(self):
        self.cfg = Config(reload=False)


class UnfitTest(unittest.TestCase):
    def test_none_where_gevent_or_eventlet_has_patched_the_master(self):
        real = os.waitpid
        self.addCleanup(setattr, os, 'waitpid', real)
        server = Server()
        for name in ('gevent.os', 'eventlet.green.os'):
            def waitpid(pid, options):
                raise AssertionError

            waitpid.__module__ = name
            os.waitpid = waitpid
            self.assertIn(name.partition('.')[0], unfit.reason(server))

    def test_none_where_python_is_not_cpython(self):
        real = sys.implementation
        self.addCleanup(setattr, sys, 'implementation', real)
        sys.implementation = type(real)(name='pypy', **{k: v for k, v in vars(real).items() if k != 'name'})
        self.assertEqual(unfit.reason(Server()), 'Python is pypy, not CPython')

    def test_none_where_a_library_has_threads_in_the_master(self):
        with patch.object(unfit.verdict, 'unknown_tasks', return_value={4711}), \
                patch.object(unfit.verdict, 'task_ids', return_value={4711}), \
                patch.object(unfit.verdict.native_threads, 'library_of', return_value='_threads.so'):
            self.assertEqual(unfit._native_threads(), "in gunicorn's master 1 thread of _threads.so runs, "
                                                      'and workers would not have it')
        self.assertEqual(unfit._native_threads(), '')

    def test_none_where_a_debugger_or_coverage_traces_the_master(self):
        server = Server()
        before = sys.gettrace()
        try:
            sys.settrace(lambda frame, event, value: None)
            why = unfit.reason(server)
        finally:
            sys.settrace(before)
        self.assertEqual(why, '%s follows the processes that gunicorn forks' % __name__)
        if hasattr(sys, 'monitoring') and not sys.monitoring.get_tool(sys.monitoring.DEBUGGER_ID):
            sys.monitoring.use_tool_id(sys.monitoring.DEBUGGER_ID, 'pydevd')
            self.addCleanup(sys.monitoring.free_tool_id, sys.monitoring.DEBUGGER_ID)
            self.assertEqual(unfit.reason(server), 'pydevd follows the processes that gunicorn forks')

    def test_none_where_workers_become_another_user_after_code_of_the_users_own_that_begins_as_root(self):
        module = {'__init__': lambda self: None, 'init_process': lambda self: None}
        for method in module.values():
            method.__module__ = 'gunicorn.workers.sync'
        plain = type('Plain', (), module)
        own = type('Own', (plain,), {'init_process': lambda self: None})
        for uid, hook, worker_class, is_refused in ((1, False, plain, False), (1, True, plain, True),
                                                    (1, False, own, True), (0, True, own, False)):
            server = Server()
            server.worker_class = worker_class
            server.cfg.uid, server.cfg.gid = os.geteuid() + uid, os.getegid()
            if hook:
                server.cfg.settings['post_fork'] = Setting(None)
                server.cfg.post_fork = lambda server, worker: None
            self.assertEqual('root runs' in unfit.reason(server), is_refused, (uid, hook, worker_class))
