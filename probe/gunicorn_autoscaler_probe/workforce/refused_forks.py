"""Forks of workers that were refused while others serve: said once for each reason."""
import errno
import os

# Up to Python 3.11 what runs after a fork that was refused may overwrite the reason with 0.
_NO_PLACE = {0, errno.EAGAIN}


class RefusedForks:
    """The refused forks of one arbiter."""

    def __init__(self, log):
        self._log = log
        self._said = ''
        self.is_last = False  # the last fork was refused

    def note(self, error):
        """The system, or a hook of the user's, has refused one."""
        self.is_last = True
        text = _text(error)
        if text != self._said:
            self._said = text
            self._log.error('gunicorn-autoscaler: Cannot fork a worker: %s; the others serve on, it is tried '
                            'again when one has gone, or after a while', text)

    def forget(self):
        """What was said, of an old configuration."""
        self._said = ''


# A fork that would take the places of threads that workers may still start.
NO_ROOM = BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _text(error):
    if not isinstance(error, OSError):
        return '%s: %s' % (type(error).__name__, error)
    if error.errno in _NO_PLACE:
        return 'the limit of processes and threads (pids.max, ulimit -u) has no room for it and its threads'
    return str(error)
