"""gunicorn's workers mark the files of all loggers as not to be inherited by programs, before they import. Forked ones
have the marks already, and to look at each logger again would copy its page."""
import fcntl
import logging


class _Marked:
    before = ()  # references to the handlers that there are before the import
    handlers = None  # None: workers mark them, as gunicorn's do


def mark(log):
    """In the fork server, before the import. log: gunicorn's logger. Never raises."""
    try:
        from gunicorn.glogging import Logger
        if type(log).close_on_exec is Logger.close_on_exec:
            _Marked.before = list(logging._handlerList)
            _mark_again()
    except Exception:  # of a logger class that is not gunicorn's
        pass


def note():
    """Note the log handlers that are there, after the import."""
    _Marked.handlers = _handlers() if _Marked.before else None


def reopen(log):
    """In the fork server, after a rotation: files that are opened anew have no mark."""
    log.reopen_files()
    _mark_again()


def mark_no_more(log):
    """In a worker that is about to boot: it does not mark them again, unless a hook adds a handler."""
    if _Marked.handlers is None:
        return

    def close_on_exec():
        del log.close_on_exec
        known, now = _Marked.handlers, _handlers()
        if now[0] != known[0] or now[1] is not known[1]:
            log.close_on_exec()

    log.close_on_exec = close_on_exec


def _mark_again():
    for handler in [reference() for reference in _Marked.before]:
        if isinstance(handler, logging.FileHandler) and handler.stream:
            try:
                fd = handler.stream.fileno()
                fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.fcntl(fd, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)
            except (AttributeError, OSError, ValueError):  # no file, or closed
                pass


def _handlers():
    """How many there are, and the newest."""
    handlers = logging._handlerList
    return len(handlers), handlers[-1] if handlers else None
