"""What a boot does and changes nothing, done beforehand."""
import logging
import pickle


def rehearse(server):
    """In the fork server, so that what it looks up is known to its workers; in a spare, because the first use of a
    shared page copies it, and that takes longer than the code. No handler or formatter of the application's runs."""
    try:
        pickle.loads(pickle.dumps((0, {}, {}, [])))
        if logging.getLogRecordFactory() is not logging.LogRecord:
            return
        log = server.log.error_log
        record = log.makeRecord(log.name, logging.INFO, *log.findCaller()[:2], msg='%s', args=(0,), exc_info=None)
        for handler in log.handlers:
            if type(handler.formatter) is logging.Formatter:
                handler.format(record)
    except Exception:  # of a logger class that is not gunicorn's
        pass
