"""What an import has removed at the end of its process: each worker that ends would remove it, for all."""
import atexit
import functools
import os
import shutil
import sys
import weakref

_REMOVERS = (shutil.rmtree, os.remove, os.unlink, os.rmdir)
# Names in the code of an application's function, and of methods of pathlib.Path.
_NAMES = {'rmtree', 'unlink', 'rmdir'}
_DEPTH = 2  # of functions that call others

_register = atexit.register
_registered = []  # (function, arguments)
_finalizers = set()  # that there were before the import


def watch():
    """Before an import: notice what it registers with atexit."""
    _registered.clear()
    _finalizers.clear()
    _finalizers.update(map(id, _at_exit()))
    atexit.register = _noticed_register


def watch_no_more():
    """After the import: notice no more."""
    if atexit.register is _noticed_register:
        atexit.register = _register


def removed():
    """What is there now and will be removed, in words."""
    found = {}  # what is removed, in words -> its path, None when that is not known
    for func, args in _registered + [(one.func, one.args) for one in _at_exit() if id(one) not in _finalizers]:
        try:
            _look(func, args, found)
        except Exception:  # a function that is an object of any kind
            pass
    return [words for words, path in found.items() if path is None or os.path.lexists(path)]


def _noticed_register(func, *args, **kwargs):
    _registered.append((func, args + tuple(kwargs.values())))
    return _register(func, *args, **kwargs)


_noticed_register.__name__ = 'register'


def _at_exit():
    """Those of weakref.finalize that the end of a process calls."""
    try:
        return [one for one in list(weakref.finalize._registry.values()) if one.atexit]
    except AttributeError:  # of another Python
        return []


def _look(func, args, found):
    while isinstance(func, functools.partial):
        func, args = func.func, func.args + args + tuple(func.keywords.values())
    owner, paths = getattr(func, '__self__', None), sys.modules.get('pathlib')
    if func in _REMOVERS:
        found[str(args[0])] = args[0]
    elif paths is not None and isinstance(owner, paths.Path):
        if func.__name__ in _NAMES:
            found[str(owner)] = owner
    elif hasattr(owner, '_exit_callbacks'):  # contextlib.ExitStack's
        for _, callback in owner._exit_callbacks:
            _look_at_callback(callback, found)
    elif _removes(func, _DEPTH):
        found['what %s.%s names' % (func.__module__, func.__qualname__)] = None


def _look_at_callback(callback, found):
    inner = getattr(callback, '__wrapped__', None)
    if inner is None:
        return
    held = [cell.cell_contents for cell in callback.__closure__ or ()]
    _look(inner, next((one for one in held if isinstance(one, tuple)), ()), found)


def _removes(func, depth):
    """Whether the code of `func` names what removes, or a function of its module or of its class that does."""
    names = set(func.__code__.co_names)
    if names & _NAMES or names >= {'os', 'remove'}:
        return True
    spaces = func.__globals__, vars(type(getattr(func, '__self__', None)))
    called = [space[name] for space in spaces for name in names if name in space]
    return any(one in _REMOVERS or depth > 1 and hasattr(one, '__code__') and _removes(one, depth - 1)
               for one in called if callable(one))
