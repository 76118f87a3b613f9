import os
import sys

AT_IMPORT = sys.argv[1:], getattr(sys, 'orig_argv', None)


def app(environ, start_response):
    port = os.environ['PORT']
    found = [AT_IMPORT, sys.argv[1:], os.environb.get(b'BYTES'), os.environ.get('GUNICORN_CMD_ARGS')]
    body = repr(found).replace(port, 'PORT').encode()
    start_response(status='200 OK', headers=[('Content-Length', str(len(body)))])
    return [body]
