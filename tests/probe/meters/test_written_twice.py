"""What the request's own coroutine has of meter.Meter is written out there: a call would cost a tenth of the meter."""
import ast
import inspect
import unittest

import support  # noqa: F401  finds the probe
from gunicorn_autoscaler_probe.meters import asgi_meter, meter


def code_of(module, name):
    """The one function `name` of a module, wherever it is nested, without its docstring."""
    found = [node for node in ast.walk(ast.parse(inspect.getsource(module)))
             if isinstance(node, ast.FunctionDef) and node.name == name]
    function, = [one for one in found if one.col_offset == 4]  # directly inside _make or wrap
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return [ast.dump(statement) for statement in body]


class WrittenTwice(unittest.TestCase):
    def test_what_stores_and_sums_up_is_the_same_in_both_meters(self):
        for name in ('publish', 'go_idle', 'flush'):
            self.assertEqual(code_of(asgi_meter, name), code_of(meter, name), name)


if __name__ == '__main__':
    unittest.main()
