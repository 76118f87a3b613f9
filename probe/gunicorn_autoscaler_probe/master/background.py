"""gunicorn as a daemon: it would leave the supervisor, which must stay its parent. So the supervisor goes to the
background itself, and starts gunicorn there once more."""
import contextlib
import os
import sys

from .. import report, words as w

STAYS, ENDS, IS_THERE = range(3)
_UMASK = 0o22  # as gunicorn's


def take_over(words):
    """Replace gunicorn's own way to the background, which it takes once its whole configuration is read. words: of
    the arbiter file."""
    util = sys.modules.get('gunicorn.util')
    if util is None:
        return

    def daemonize(enable_stdio_inheritance=False):
        where = words[w.A_BACKGROUND]
        if where == ENDS:
            words[w.A_DAEMON] = 2 if enable_stdio_inheritance else 1
            for stream in filter(None, (sys.stdout, sys.stderr)):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(0)
        elif where == IS_THERE:
            os.umask(_UMASK)
        else:
            report.write('daemon = True is ignored: the supervisor must stay the parent of gunicorn')

    util.daemonize = daemonize
