"""Out of memory, the kernel ends a worker before the arbiter and the supervisor, which replace it."""

_ADJUSTMENT = '/proc/self/oom_score_adj'
_MORE = 500
_MOST = 1000


def end_first():
    """Raise this process's oom_score_adj, which needs no privilege. Never raises."""
    try:
        with open(_ADJUSTMENT) as file:
            now = int(file.read())
        with open(_ADJUSTMENT, 'w') as file:
            file.write(str(min(_MOST, now + _MORE)))
    except (OSError, ValueError):
        pass  # no /proc, or read-only: the kernel chooses by size
