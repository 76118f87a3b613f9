import os

os.closerange(3, 1024)


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
