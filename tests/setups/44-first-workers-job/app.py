import os
import socket
import threading
import time
from urllib.parse import parse_qs

TICKS = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'ticks')


def run_jobs():
    while True:
        with open(TICKS, 'a') as file:
            file.write('x')
        time.sleep(0.1)


lock = socket.socket(socket.AF_UNIX)
try:
    lock.bind('\0jobs of ' + os.environ['XDG_RUNTIME_DIR'])  # the first worker has it, the others do without
    threading.Thread(target=run_jobs, daemon=True).start()
except OSError:
    pass


def app(environ, start_response):
    time.sleep(float(parse_qs(environ['QUERY_STRING']).get('s', ['0'])[0]))
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
