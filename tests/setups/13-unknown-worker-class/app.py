import os
import time
from urllib.parse import parse_qs


def app(environ, start_response):
    time.sleep(float(parse_qs(environ['QUERY_STRING']).get('s', ['0'])[0]))
    start_response('200 OK', [])
    return [b'%d' % os.getpid()]
