"""Temporary files and directories that an import makes: each process would have its own."""
import os
import tempfile

_NAMES = '_mkstemp_inner', 'mkdtemp'
_theirs = {}  # name -> tempfile's function
_made = []


def watch():
    """Before an import: notice what it makes."""
    _made.clear()
    for name in _NAMES:
        if hasattr(tempfile, name):
            _theirs[name] = getattr(tempfile, name)
            setattr(tempfile, name, _noticed(_theirs[name]))


def watch_no_more():
    """After the import: notice no more."""
    for name, function in _theirs.items():
        setattr(tempfile, name, function)


def left():
    """What is still there, in words."""
    return ['the temporary %s %s' % ('directory' if os.path.isdir(path) else 'file', path)
            for path in map(os.fsdecode, _made) if os.path.lexists(path)]


def _noticed(function):
    def make(*args, **kwargs):
        made = function(*args, **kwargs)
        _made.append(made[1] if isinstance(made, tuple) else made)
        return made

    make.__name__ = function.__name__
    return make
