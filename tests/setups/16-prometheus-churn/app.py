import os
import struct
import time
from urllib.parse import parse_qs

FOLDER = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'counters')
ENDED = os.path.join(FOLDER, 'ended')
os.makedirs(FOLDER, exist_ok=True)


def read(path):
    try:
        with open(path, 'rb') as file:
            return struct.unpack('<Q', file.read(8))[0]
    except (OSError, struct.error):  # merged, or written, this moment
        return 0


def write(path, number):
    with open(path + '.new', 'wb') as file:
        file.write(struct.pack('<Q', number))
    os.rename(path + '.new', path)


def merge(pid):
    """The counter of a worker that ended joins those that ended before it."""
    path = os.path.join(FOLDER, str(pid))
    write(ENDED, read(ENDED) + read(path))
    if os.path.exists(path):
        os.unlink(path)


def app(environ, start_response):
    """Counts a request to / in the file of this process, after ?s= seconds."""
    path = os.path.join(FOLDER, str(os.getpid()))
    time.sleep(float(parse_qs(environ['QUERY_STRING']).get('s', ['0'])[0]))
    write(path, read(path) + 1)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok']
