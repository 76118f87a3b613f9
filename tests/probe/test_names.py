"""The probe fails open, so a name that does not exist would go unseen until it is used: every name of another
module exists."""
import ast
import os
import unittest

from support import PROBE

PACKAGE = os.path.join(PROBE, 'gunicorn_autoscaler_probe')


def tree_of(path):
    with open(path) as f:
        return ast.parse(f.read())


def defined(tree):
    """The names at the top of a module."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).split('.')[0] for alias in node.names)
    return names


def module_path(folder, level, dotted):
    """The file of a relative import, or None when it is none of a module of ours."""
    for _ in range(level - 1):
        folder = os.path.dirname(folder)
    path = os.path.join(folder, *(dotted.split('.') if dotted else []))
    for candidate in (path + '.py', os.path.join(path, '__init__.py')):
        if os.path.isfile(candidate):
            return candidate
    return None


def missing(path):
    """Names that a file takes from other modules of the package and that are not there."""
    tree, folder, modules = tree_of(path), os.path.dirname(path), {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        for alias in node.names:
            dotted = '.'.join(filter(None, [node.module, alias.name]))
            found = module_path(folder, node.level, dotted)
            if found is not None:
                modules[alias.asname or alias.name] = defined(tree_of(found))
            elif alias.name not in defined(tree_of(module_path(folder, node.level, node.module))):
                yield alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = modules.get(node.value.id)
            if names is not None and node.attr not in names:
                yield '%s.%s' % (node.value.id, node.attr)


def unused(path):
    """Names that a file imports and does not use."""
    nodes = list(ast.walk(tree_of(path)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {(alias.asname or alias.name).split('.')[0] for alias in node.names}
            yield from sorted(names - used)


class NamesTest(unittest.TestCase):
    def each_module(self, problems):
        for folder, _, names in os.walk(PACKAGE):
            for name in names:
                if name.endswith('.py'):
                    path = os.path.join(folder, name)
                    with self.subTest(path=os.path.relpath(path, PACKAGE)):
                        self.assertEqual(list(problems(path)), [])

    def test_every_name_of_another_module_exists(self):
        self.each_module(missing)

    def test_every_import_is_used(self):
        self.each_module(unused)


if __name__ == '__main__':
    unittest.main()
