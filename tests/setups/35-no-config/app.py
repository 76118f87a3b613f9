import sys


def app(environ, start_response):
    body = repr([name for name in sys.modules if 'config__' in name]).encode()
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]
