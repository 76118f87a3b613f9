import unittest

from support import w  # noqa: F401  (finds the package)
from gunicorn_autoscaler_probe.meters.stand_in import stand_in


class Application:
    """An application with something for hooks."""

    name = 'mine'

    def __call__(self, environ, start_response):
        return 'bare'

    def close(self):
        return 'closed'


def function(environ, start_response):
    return 'bare'


class StandInTest(unittest.TestCase):
    def test_it_is_called_as_told_and_in_all_else_is_the_application(self):
        app = Application()
        one = stand_in(app, lambda environ, start_response: (environ, start_response))
        self.assertEqual(one(1, 2), (1, 2))
        self.assertEqual((one.name, one.close(), repr(one)), ('mine', 'closed', repr(app)))
        self.assertIsInstance(one, Application)
        one.name = 'other'
        self.assertEqual(app.name, 'other')
        with self.assertRaises(AttributeError):
            one.missing

    def test_a_function_keeps_its_name(self):
        one = stand_in(function, lambda environ, start_response: 'metered')
        self.assertEqual((one.__name__, one(1, 2)), ('function', 'metered'))


if __name__ == '__main__':
    unittest.main()
