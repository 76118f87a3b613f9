import os
import time
import uuid

sessions = {}  # in one process, as Socket.IO's and pgAdmin's are


def app(environ, start_response):
    session = environ.get('QUERY_STRING')
    status, body = '200 OK', '%d\n' % os.getpid()
    if environ['PATH_INFO'] == '/slow':
        time.sleep(0.5)
    elif environ['PATH_INFO'] == '/open':
        body = uuid.uuid4().hex
        sessions[body] = 1
    elif session and session not in sessions:
        status = '400 Invalid session'
    start_response(status, [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body.encode()]
