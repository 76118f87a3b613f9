"""What a boot does and changes nothing, done beforehand."""
import logging
import pickle
import random

from . import sentry


def rehearse(server):
    """In the fork server, so that what it looks up is known to its workers; in a spare, because the first use of a
    shared page copies it, and that takes longer than the code. No handler or formatter of the application's runs."""
    try:
        pickle.loads(pickle.dumps((0, {}, {}, [])))
        random.Random(b'')  # imports its hash, from 3.12 on, as gunicorn's seed of a worker does
        log = server.log.error_log
        sentry.compile_patterns(log.name)
        if logging.getLogRecordFactory() is not logging.LogRecord:
            return
        record = log.makeRecord(log.name, logging.INFO, *log.findCaller()[:2], msg='%s', args=(0,), exc_info=None)
        for handler in log.handlers:
            if type(handler.formatter) is logging.Formatter:
                handler.format(record)
    except Exception:  # of a logger class that is not gunicorn's
        pass
