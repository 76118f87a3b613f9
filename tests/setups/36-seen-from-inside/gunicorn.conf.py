"""Hooks that keep state, and tell what they see."""
import os
import seen

COUNT = 0
GIVEN = {}


def on_starting(server):
    server.given = 0
    seen.note('on_starting', server)


def when_ready(server):
    seen.note('when_ready', server)


def on_reload(server):
    seen.note('on_reload', server)


def pre_fork(server, worker):
    global COUNT
    COUNT += 1
    GIVEN[worker.age] = COUNT
    server.given += 1
    worker.name = 'w%d' % server.given
    os.environ['WORKER_NAME'] = worker.name
    os.environ.setdefault('SET_ONCE', worker.name)
    seen.note('pre_fork', server, worker)


def post_fork(server, worker):
    seen.note('post_fork', server, worker, given=[COUNT, sorted(GIVEN.items()), server.given, worker.name])


if 'WITHOUT_POST_FORK' in os.environ:
    del post_fork


def post_worker_init(worker):
    seen.note('post_worker_init', None, worker, given=[COUNT, worker.name])


def worker_int(worker):
    seen.note('worker_int', None, worker)


def worker_abort(worker):
    seen.note('worker_abort', None, worker)


def worker_exit(server, worker):
    seen.note('worker_exit', server, worker, given=[COUNT, worker.name])


def child_exit(server, worker):
    seen.note('child_exit', server, worker, given=[COUNT, worker.name, sorted(GIVEN.items())])


def nworkers_changed(server, new_value, old_value):
    seen.note('nworkers_changed', server, values=[new_value, old_value])


def on_exit(server):
    seen.note('on_exit', server)
