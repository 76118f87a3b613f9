import os

from app import merge

bind = '127.0.0.1:' + os.environ['PORT']
workers = 4


def child_exit(server, worker):
    server.log.info('child_exit of %d', worker.pid)
    merge(worker.pid)
