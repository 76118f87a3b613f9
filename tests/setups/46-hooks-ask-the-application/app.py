class Application:
    name = 'mine'

    def __call__(self, environ, start_response):
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']

    def close(self):
        return 'closed'


app = Application()
