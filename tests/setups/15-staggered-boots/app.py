import os
import time
from urllib.parse import parse_qs


def app(environ, start_response):
    query = parse_qs(environ.get('QUERY_STRING', ''))
    time.sleep(float(query.get('s', ['0'])[0]))
    body = b'%d\n' % os.getpid()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]
