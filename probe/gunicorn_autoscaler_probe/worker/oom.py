"""Out of memory, a worker goes before the arbiter and the supervisor: they replace it, nobody replaces them."""

_ADJUSTMENT = '/proc/self/oom_score_adj'
_MORE = 500
_MOST = 1000


def go_first():
    """Raise this process's badness in the eyes of the kernel's out-of-memory killer, which takes no right. Never raises."""
    try:
        with open(_ADJUSTMENT) as file:
            now = int(file.read())
        with open(_ADJUSTMENT, 'w') as file:
            file.write(str(min(_MOST, now + _MORE)))
    except (OSError, ValueError):
        pass  # no /proc, or not to be written: the kernel chooses by size then, as without us
