import os
import sys

bind = '127.0.0.1:' + os.environ['PORT']
workers = 2
worker_class = 'gthread'
threads = 4
keepalive = 60
most = int(os.environ.get('NUMBERS', '1000'))  # a pool of devices may be smaller than the maximum


def on_starting(server):
    server.spare_numbers = set()


def nworkers_changed(server, new, old):
    server.highest_number = min(new, most)


def on_reload(server):
    server.spare_numbers = set(range(1, server.cfg.workers + 1)) if most == 1000 else set()


def pre_fork(server, worker):
    if server.spare_numbers:
        worker.number = server.spare_numbers.pop()
    else:
        taken = {one.number for one in list(server.WORKERS.values()) if one.alive}
        spare = set(range(1, server.highest_number + 1)) - taken
        if not spare and 'EXITS' in os.environ:
            sys.exit('KeyError, by hand')
        worker.number = spare.pop()  # KeyError when none is free


def post_fork(server, worker):
    server.log.info('number %d', worker.number)
