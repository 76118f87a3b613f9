"""While a process of our own ends, gunicorn reaps nothing: it would log it as a worker that was killed."""

_holders = []
_refusals = []


def hold():
    """From now on, until the same caller releases."""
    _holders.append(True)


def refuses():
    """Whether gunicorn must not reap now. It is made up for once all have released."""
    if _holders:
        _refusals.append(True)
    return bool(_holders)


def release():
    """No longer. Returns whether gunicorn is to reap now, because it was refused meanwhile."""
    _holders.pop()
    is_due = bool(_refusals) and not _holders
    if is_due:
        _refusals.clear()
    return is_due
