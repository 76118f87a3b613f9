"""An application that answers with the pid of its worker."""
import os


def app(environ, start_response):
    body = b'%d' % os.getpid()
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]
