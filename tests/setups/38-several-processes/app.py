def app(environ, start_response):
    body = str(environ['wsgi.multiprocess']).encode()
    start_response('200 OK', [('Content-Length', str(len(body)))])
    return [body]
