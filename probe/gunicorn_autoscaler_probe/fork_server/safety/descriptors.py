"""What is open, and whether several processes can have it at once."""
import fcntl
import os
import socket
import stat

REFUSED, SHARED = 'refused', 'shared'
# A message to oneself would reach another worker.
_WITHIN = {'eventpoll': 'an event loop or selector', 'io_uring': 'an io_uring', 'inotify': 'a file watch',
           'fanotify': 'a file watch', 'eventfd': 'a wake-up', 'timerfd': 'a timer'}


def judge(fd, descriptors, mapped=()):
    """(REFUSED or SHARED, what it is), or None for what forks can share without harm.

    descriptors: fd -> target, of all in /proc/self/fd; mapped: the files that are mapped.
    """
    target = descriptors[fd]
    try:
        if target.startswith('socket:'):
            return _judge_socket(fd)
        if target.startswith('anon_inode:'):
            kind = target[len('anon_inode:'):].strip('[]')
            if kind in _WITHIN:
                return REFUSED, '%s (%s, descriptor %d)' % (_WITHIN[kind], kind, fd)
            return SHARED, 'the %s of descriptor %d' % (kind, fd)
        if target.startswith('pipe:'):
            return _judge_pipe(fd, [other for other, its in descriptors.items() if its == target])
        return _judge_file(fd, target, mapped)
    except OSError:
        return None


def _judge_pipe(fd, ends):
    if len({_mode(end) for end in ends}) == 1:
        return SHARED, 'a pipe (descriptor %d)' % fd
    if _mode(fd) != os.O_RDONLY:  # told of with the other end
        return None
    return REFUSED, 'a pipe to itself (descriptor %d)' % fd


def _mode(fd):
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE


def _judge_file(fd, path, mapped):
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return None
    is_read = _mode(fd) != os.O_WRONLY
    if is_read and os.pread(fd, 16, 0) == b'SQLite format 3\0':
        return REFUSED, 'the SQLite database %s' % path
    if path in mapped or fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND:  # its position is not used; a log
        return None
    return REFUSED if is_read else SHARED, 'the file %s, with one position for all,' % path


def _judge_socket(fd):
    with socket.socket(fileno=os.dup(fd)) as sock:
        if sock.family == socket.AF_NETLINK:
            return REFUSED, 'a netlink socket (descriptor %d)' % fd
        if sock.type == socket.SOCK_DGRAM or sock.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
            return None  # a message is one write: syslog, StatsD
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return REFUSED, 'a socket that listens at %s' % _text(sock.getsockname())
        try:
            peer = sock.getpeername()
        except OSError:
            name = sock.getsockname()
            is_bound = name[1] != 0 if isinstance(name, tuple) else bool(name)
            if is_bound:
                return REFUSED, 'a socket bound to %s' % _text(name)
            return SHARED, 'a socket without a connection (descriptor %d)' % fd
        if sock.family == socket.AF_UNIX and not peer:
            return REFUSED, 'a pair of sockets (descriptor %d)' % fd
        return REFUSED, 'a connection to %s' % _text(peer)


def _text(address):
    if isinstance(address, tuple):
        return '%s:%d' % address[:2]
    if isinstance(address, bytes):
        return address.decode('utf-8', 'replace')
    return address or 'an unnamed socket'
