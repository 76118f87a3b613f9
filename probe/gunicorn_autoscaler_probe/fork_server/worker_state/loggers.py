"""Loggers that the import sets, and the boot of a worker, which comes after it here, sets or uses."""
import logging


class Loggers:
    """The loggers in one fork server: a boot finds them as they were before the import."""

    def __init__(self, names):
        """Note the loggers of these names, before the import."""
        self._before = {name: _look(name) for name in names}
        self._after = {}

    def take(self):
        """After the import: the fork server's own lines go where gunicorn's go."""
        self._after = {name: _look(name) for name in self._before}
        _set(self._before)

    def put_back(self):
        """Have the loggers as the import left them: in a worker, when gunicorn would have imported."""
        _set(self._after)


def _look(name):
    logger = logging.getLogger(name)
    return logger.handlers, list(logger.handlers), logger.level, logger.propagate, logger.disabled


def _set(states):
    for name, state in states.items():
        if state == _look(name):
            continue
        logger = logging.getLogger(name)
        logger.handlers, handlers, level, logger.propagate, logger.disabled = state
        logger.handlers[:] = handlers  # one list may be that of two loggers
        logger.setLevel(level)
