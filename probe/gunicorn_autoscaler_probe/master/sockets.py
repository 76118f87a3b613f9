"""Socket activation: gunicorn takes systemd's sockets only when LISTEN_PID is its own pid."""
import os
import socket

_FIRST = 3


def take(environment=os.environ):
    """Put this process into LISTEN_PID where a launcher, or the supervisor, still stands there and the
    sockets are ours."""
    count = environment.get('LISTEN_FDS', '')
    if not count.isdigit() or 'LISTEN_PID' not in environment:
        return
    if int(count) > 0 and all(_is_listening(fd) for fd in range(_FIRST, _FIRST + int(count))):
        environment['LISTEN_PID'] = str(os.getpid())


def _is_listening(fd):
    try:
        opened = socket.socket(fileno=fd)
    except OSError:
        return False
    try:
        return opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    except OSError:
        return False
    finally:
        opened.detach()  # it is gunicorn's to close
