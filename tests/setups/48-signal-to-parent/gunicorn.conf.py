import os
import signal


def when_ready(server):
    os.kill(os.getppid(), signal.SIGUSR1)


def post_fork(server, worker):
    if os.getppid() != server.pid:
        raise RuntimeError('a worker has another parent')
