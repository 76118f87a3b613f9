import os
import time

time.sleep(float(os.environ.get('BOOT_SECONDS', '0')))


def app(environ, start_response):
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
