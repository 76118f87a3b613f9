"""One line to the log for a failure of the probe's own."""
import sys

_reported = set()


def trouble(what, error, log=None):
    """Say once that `what` failed and that gunicorn goes on. `log`: gunicorn's logger, stderr without. Never raises."""
    said = str(error).partition('\n')[0]
    write('Cannot %s (%s: %s); gunicorn goes on without it' % (what, type(error).__name__, said), log, what)


def write(text, log=None, once_for=None, level='warning'):
    """Say `text` at a level of logging, once for each `once_for` (the text itself without). Never raises."""
    key = once_for or text
    if key in _reported:
        return
    _reported.add(key)
    line = 'gunicorn-autoscaler: ' + text
    try:
        if log is not None:
            getattr(log, level)('%s', line)
        else:
            sys.stderr.write(line + '\n')
            sys.stderr.flush()
    except Exception:
        pass
