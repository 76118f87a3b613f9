"""While a process of our own ends, gunicorn reaps nothing: it would log it as a worker that was killed."""

_holders = []
_refused = []


def hold():
    """From now on."""
    _holders.append(True)


def is_held():
    """Asked before gunicorn reaps."""
    if _holders:
        _refused.append(True)
    return bool(_holders)


def release():
    """No longer. Returns whether gunicorn is to reap now."""
    _holders.pop()
    is_due = bool(_refused) and not _holders
    if is_due:
        _refused.clear()
    return is_due
