"""What is open, and whether several processes can have it at once."""
import fcntl
import os
import socket
import stat

REFUSED, SHARED = 'refused', 'shared'
_MACHINERY = {'eventpoll': 'an event loop or selector', 'io_uring': 'an io_uring', 'inotify': 'a file watch'}


def judge(fd, target):
    """(REFUSED or SHARED, what it is), or None for what forks can share without harm. `target`: of /proc/self/fd."""
    try:
        if target.startswith('socket:'):
            return _judge_socket(fd)
        if target.startswith('anon_inode:'):
            kind = target[len('anon_inode:'):].strip('[]')
            if kind in _MACHINERY:
                return REFUSED, '%s (%s, descriptor %d)' % (_MACHINERY[kind], kind, fd)
            return SHARED, 'an %s (descriptor %d)' % (kind, fd)
        if target.startswith('pipe:'):
            return SHARED, 'a pipe (descriptor %d)' % fd
        return _judge_file(fd, target)
    except OSError:
        return None


def _judge_file(fd, path):
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return None
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    if flags & os.O_ACCMODE != os.O_WRONLY and os.pread(fd, 16, 0) == b'SQLite format 3\0':
        return REFUSED, 'the SQLite database %s' % path
    if flags & os.O_APPEND:  # a log
        return None
    return SHARED, 'the file %s, whose position they share' % path


def _judge_socket(fd):
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.type == socket.SOCK_DGRAM or sock.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
            return None  # a message is one write: syslog, StatsD
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return REFUSED, 'a socket that listens at %s' % _text(sock.getsockname())
        try:
            peer = sock.getpeername()
        except OSError:
            return SHARED, 'a socket without a connection (descriptor %d)' % fd
        if sock.family == socket.AF_UNIX and not peer:
            return SHARED, 'a pair of sockets (descriptor %d)' % fd
        return REFUSED, 'a connection to %s' % _text(peer)


def _text(address):
    if isinstance(address, tuple):
        return '%s:%d' % address[:2]
    if isinstance(address, bytes):
        return address.decode('utf-8', 'replace')
    return address or 'an unnamed socket'
