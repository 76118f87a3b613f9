"""Out of memory, the kernel ends a worker before the arbiter and the supervisor, which replace it."""
from ..process_stat import kernel_text

_ADJUSTMENT = '/proc/self/oom_score_adj'
_MORE = 500
_MORE_OF_FORK_SERVER = 700
_MOST = 1000

_base = None  # in a fork server and its workers: that of the arbiter
_of_import = None  # and the one that the import has set


def end_first():
    """Raise this process's oom_score_adj, which needs no privilege. Never raises."""
    try:
        _write(_of_import if _of_import is not None else (_read() if _base is None else _base) + _MORE)
    except (OSError, ValueError):
        pass  # no /proc, or read-only: the kernel chooses by size


def end_before_workers():
    """Raise a fork server's oom_score_adj above that of workers: without it no request is lost. Never raises."""
    global _base
    try:
        _base = _read()
        _write(_base + _MORE_OF_FORK_SERVER)
    except (OSError, ValueError):
        pass


def take_of_import():
    """In a fork server, after the import: what it has set is for the workers. Never raises."""
    global _of_import
    try:
        if _base is not None and _read() != min(_MOST, _base + _MORE_OF_FORK_SERVER):
            _of_import = _read()
            _write(max(_of_import, _base + _MORE_OF_FORK_SERVER))
    except (OSError, ValueError):
        pass


def _read():
    with kernel_text(_ADJUSTMENT) as file:
        return int(file.read())


def _write(value):
    with open(_ADJUSTMENT, 'w', encoding='ascii') as file:
        file.write(str(min(_MOST, value)))
