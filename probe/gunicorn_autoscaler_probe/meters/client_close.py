"""Gunicorn's threaded worker, from 26 on, waits in its main loop until a client has read its answer and closed, 2 s
at most. Meanwhile it accepts nothing and hands nothing on."""
import sys
from _thread import get_ident


def watch_client_close(note):
    """Call note(True) before such a wait in this thread, and note(False) after it."""
    util = sys.modules.get('gunicorn.util')
    close_graceful = getattr(util, 'close_graceful', None)
    if close_graceful is None:
        return
    main_loop = get_ident()

    def watched_close_graceful(*arguments, **named):
        if get_ident() != main_loop:
            return close_graceful(*arguments, **named)
        note(True)
        try:
            return close_graceful(*arguments, **named)
        finally:
            note(False)

    util.close_graceful = watched_close_graceful
