import importlib
import sys
import unittest
from unittest import mock

import support  # noqa: F401
import gunicorn_autoscaler_probe


class LoadTest(unittest.TestCase):
    def test_modules_are_loaded_whole_where_python_imports_when_a_name_is_used(self):
        modes = ['all']
        seen = []
        with mock.patch.multiple(sys, create=True, get_lazy_imports=lambda: modes[-1], set_lazy_imports=modes.append), \
                mock.patch.object(importlib, 'import_module', side_effect=lambda name: seen.append(modes[-1])):
            gunicorn_autoscaler_probe.load('hooks')
        self.assertEqual((seen, modes[-1]), (['normal'], 'all'))

    def test_it_is_not_asked_for_before_python_3_15(self):
        with mock.patch.object(importlib, 'import_module', side_effect=lambda name: name):
            self.assertEqual(gunicorn_autoscaler_probe.load('hooks'), 'gunicorn_autoscaler_probe.hooks')


if __name__ == '__main__':
    unittest.main()
