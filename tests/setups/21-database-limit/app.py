"""Each worker opens a pool of connections at its start. The database has room for four pools."""
import fcntl
import os
import time

POOLS = 4
folder = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'database')
os.makedirs(folder, exist_ok=True)
with open(folder + '.lock', 'w') as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if sum(os.path.exists('/proc/' + pid) for pid in os.listdir(folder)) >= POOLS:
        raise RuntimeError('remaining connection slots are reserved')
    open(os.path.join(folder, str(os.getpid())), 'w').close()


def app(environ, start_response):
    time.sleep(0.3)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok']
