import ast
import os
import sys
import unittest

from support import PROBE


def sources():
    for folder, _, names in os.walk(PROBE):
        for name in sorted(names):
            if name.endswith('.py'):
                yield os.path.join(folder, name)


class SyntaxTest(unittest.TestCase):
    def test_every_file_is_python_3_8(self):
        files = list(sources())
        self.assertGreater(len(files), 10)
        for path in files:
            with self.subTest(path=path), open(path) as f:
                ast.parse(f.read(), path, feature_version=(3, 8))

    @unittest.skipUnless(hasattr(sys, 'stdlib_module_names'), 'needs Python 3.10')
    def test_every_import_is_of_the_standard_library_or_of_what_gunicorn_runs(self):
        allowed = set(sys.stdlib_module_names) | {'gunicorn', 'gevent', 'eventlet', 'tornado'}
        for path in sources():
            with open(path) as f:
                tree = ast.parse(f.read())
            for node in ast.walk(tree):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module]
                for name in names:
                    with self.subTest(path=path):
                        self.assertIn(name.split('.')[0], allowed)


if __name__ == '__main__':
    unittest.main()
