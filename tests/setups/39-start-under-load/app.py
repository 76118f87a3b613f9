import time

while time.process_time() < 1:  # an import that computes
    sum(range(1000))


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
