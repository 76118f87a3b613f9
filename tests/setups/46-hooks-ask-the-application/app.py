class Application:
    name = 'mine'

    def __call__(self, environ, start_response):
        start_response('200 OK', [('Content-Length', '2')])
        return [b'ok']

    def close(self):
        return 'closed'


class AsgiApplication(Application):
    async def __call__(self, scope, receive, send):
        if scope['type'] == 'lifespan':
            raise NotImplementedError
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-length', b'2')]})
        await send({'type': 'http.response.body', 'body': b'ok'})


app, asgi = Application(), AsgiApplication()
