"""One line to the log for a failure of the probe's own."""
import sys

_said = set()


def trouble(what, error, log=None):
    """Say once that `what` failed and that gunicorn goes on. `log`: gunicorn's logger, stderr without. Never raises."""
    if what in _said:
        return
    _said.add(what)
    line = 'gunicorn-autoscaler: Cannot %s (%s: %s); gunicorn goes on without it' % (what, type(error).__name__, error)
    try:
        if log is not None:
            log.warning('%s', line)
        else:
            sys.stderr.write(line + '\n')
            sys.stderr.flush()
    except Exception:
        pass
