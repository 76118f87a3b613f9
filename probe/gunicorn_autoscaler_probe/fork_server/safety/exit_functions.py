"""What an import has removed at the end of its process: each worker that ends would remove it, for all."""
import atexit
import functools
import os
import shutil
import sys

_REMOVERS = (shutil.rmtree, os.remove, os.unlink, os.rmdir)
# Names in the code of an application's function, and of methods of pathlib.Path.
_NAMES = {'rmtree', 'unlink', 'rmdir'}

_register = atexit.register
_found = {}  # what is removed, in words -> its path, None when that is not known


def watch():
    """Before an import: notice what it registers with atexit."""
    _found.clear()
    atexit.register = _noticed_register


def watch_no_more():
    """After the import: notice no more."""
    if atexit.register is _noticed_register:
        atexit.register = _register


def removed():
    """What is there now and will be removed, in words."""
    return [words for words, path in _found.items() if path is None or os.path.lexists(path)]


def _noticed_register(func, *args, **kwargs):
    try:
        _look(func, args + tuple(kwargs.values()))
    except Exception:  # a function that is an object of any kind
        pass
    return _register(func, *args, **kwargs)


_noticed_register.__name__ = 'register'


def _look(func, args):
    while isinstance(func, functools.partial):
        func, args = func.func, func.args + args + tuple(func.keywords.values())
    owner, paths = getattr(func, '__self__', None), sys.modules.get('pathlib')
    if func in _REMOVERS:
        _note(args[0])
    elif paths is not None and isinstance(owner, paths.Path):
        if func.__name__ in _NAMES:
            _note(owner)
    else:
        names = set(func.__code__.co_names)
        if names & _NAMES or names >= {'os', 'remove'}:
            _found['what %s.%s names' % (func.__module__, func.__qualname__)] = None


def _note(path):
    _found[str(path)] = path
