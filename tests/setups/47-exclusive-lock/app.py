"""Its import takes a lock that one worker can have: an embedded database, say."""
import fcntl
import os

_lock = open(os.path.join(os.environ['GUNICORN_AUTOSCALER_RUNTIME_DIR'], 'lock'), 'w')
getattr(fcntl, os.environ['LOCK'])(_lock, fcntl.LOCK_EX)
PID = str(os.getpid()).encode()


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', str(len(PID)))])
    return [PID]
