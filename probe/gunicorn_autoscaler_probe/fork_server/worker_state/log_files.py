"""gunicorn's workers mark the files of all loggers as not to be inherited by programs. Forked ones have the marks
already, and to look at each logger again would copy its page."""
import logging


class _Marked:
    handlers = None  # None: they are not to be spared


def mark(log):
    """In the fork server. log: gunicorn's logger."""
    log.close_on_exec()
    from gunicorn.glogging import Logger
    if type(log).close_on_exec is Logger.close_on_exec:
        _Marked.handlers = _handlers()


def spare(log):
    """In a worker that is about to boot: it does not mark them again, unless a hook adds a handler."""
    if _Marked.handlers is None:
        return

    def close_on_exec():
        del log.close_on_exec
        known, now = _Marked.handlers, _handlers()
        if now[0] != known[0] or now[1] is not known[1]:
            log.close_on_exec()

    log.close_on_exec = close_on_exec


def _handlers():
    """How many there are, and the newest."""
    handlers = logging._handlerList
    return len(handlers), handlers[-1] if handlers else None
