import time

model = None


def app(environ, start_response):
    global model
    if model is None and environ['PATH_INFO'] != '/':
        model = bytearray(150 * 2**20)
        for page in range(0, len(model), 4096):
            model[page] = 1
    time.sleep(0.2)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'ok']
