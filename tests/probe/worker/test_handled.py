import sys
import types
import unittest
from unittest import mock

import support  # noqa: F401
from gunicorn_autoscaler_probe.worker import attach


def modules(**eventlet_wsgi):
    found = {}
    for name, values in (('gunicorn.workers', {}), ('gunicorn.workers.base_async', {'ALREADY_HANDLED': 'gunicorn'}),
                         ('gunicorn', {}), ('eventlet', {}), ('eventlet.wsgi', eventlet_wsgi)):
        found[name] = types.ModuleType(name)
        vars(found[name]).update(values)
    found['gunicorn.workers'].base_async = found['gunicorn.workers.base_async']
    found['eventlet'].wsgi = found['eventlet.wsgi']
    return mock.patch.dict(sys.modules, found)


class HandledTest(unittest.TestCase):
    def test_in_gevent_by_what_the_application_returns(self):
        with modules():
            is_handled = attach._handled_in_gevent()
        self.assertEqual([is_handled('gunicorn'), is_handled([])], [True, False])

    def test_a_newer_eventlet_says_it_beside_the_answer(self):
        local = types.SimpleNamespace()
        with modules(WSGI_LOCAL=local):
            is_handled = attach._handled_in_eventlet()
        self.assertFalse(is_handled([]))
        self.assertTrue(is_handled('gunicorn'))
        local.already_handled = True
        self.assertTrue(is_handled([]))

    def test_an_older_one_by_what_the_application_returns(self):
        with modules(ALREADY_HANDLED='eventlet'):
            is_handled = attach._handled_in_eventlet()
        self.assertEqual([is_handled('eventlet'), is_handled('gunicorn'), is_handled([])], [True, True, False])
