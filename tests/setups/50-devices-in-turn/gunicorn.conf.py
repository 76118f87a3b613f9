"""Each worker has one of two devices, by how many workers there are."""
import os

DEVICES = ('a', 'b')
_notes = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'notes')


def pre_fork(server, worker):
    os.environ['DEVICE'] = DEVICES[len(server.WORKERS) % len(DEVICES)]


def post_fork(server, worker):
    with open(_notes, 'a') as notes:
        notes.write('%d %s %s\n' % (os.getpid(), os.environ['DEVICE'], DEVICES[len(server.WORKERS) % len(DEVICES)]))
