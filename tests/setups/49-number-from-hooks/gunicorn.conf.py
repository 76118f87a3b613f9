"""One worker, and hooks that want three: at once, or each when the one before has booted."""
import os
import signal

workers = 1
is_slow = 'SLOW' in os.environ


def on_starting(server):
    if not is_slow:
        server.num_workers = 3


def pre_fork(server, worker):
    os.environ['ASKS_FOR_NEXT'] = '1' if is_slow else ''


def post_worker_init(worker):
    if os.environ['ASKS_FOR_NEXT']:
        os.kill(worker.ppid, signal.SIGTTIN)


def nworkers_changed(server, new_value, old_value):
    global is_slow
    is_slow = is_slow and new_value < 3
