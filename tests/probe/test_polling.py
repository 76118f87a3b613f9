"""eventlet takes `select.poll` away where a configuration patches all, and gevent puts another in its place."""
import importlib
import select
import sys
import types
import unittest
from unittest import mock

import support  # noqa: F401
from gunicorn_autoscaler_probe import polling


def without_poll():
    return mock.patch.dict(vars(select), {name: value for name, value in vars(select).items() if name != 'poll'},
                           clear=True)


class PollingTest(unittest.TestCase):
    def setUp(self):
        self.real = select.poll
        self.addCleanup(importlib.reload, polling)

    def reloaded(self, **modules):
        with mock.patch.dict(sys.modules, {name.replace('_', '.'): one for name, one in modules.items()}):
            return importlib.reload(polling).poll

    def test_it_is_the_systems(self):
        self.assertIs(self.reloaded(), self.real)

    def test_eventlets_copy_of_the_module_has_it(self):
        patcher = types.SimpleNamespace(original=lambda name: types.SimpleNamespace(poll=(name, self.real)))
        with without_poll():
            self.assertEqual(self.reloaded(eventlet=types.ModuleType('eventlet'), eventlet_patcher=patcher),
                             ('select', self.real))

    def test_gevent_knows_the_original(self):
        monkey = types.SimpleNamespace(get_original=lambda module, name: (module, name))
        self.assertEqual(self.reloaded(gevent_monkey=monkey), ('select', 'poll'))

    def test_the_whole_probe_loads_without_select_poll(self):
        patcher = types.SimpleNamespace(original=lambda name: types.SimpleNamespace(poll=self.real))
        ours = {name: None for name in sys.modules if name.startswith('gunicorn_autoscaler_probe')}
        fresh = {name: one for name, one in sys.modules.items() if name not in ours}
        with mock.patch.dict(sys.modules, fresh, clear=True), without_poll():
            sys.modules.update({'eventlet': types.ModuleType('eventlet'), 'eventlet.patcher': patcher})
            self.assertTrue(importlib.import_module('gunicorn_autoscaler_probe.hooks').chain)


if __name__ == '__main__':
    unittest.main()
