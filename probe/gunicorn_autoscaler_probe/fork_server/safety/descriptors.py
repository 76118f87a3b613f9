"""What is open, and whether several processes can have it at once."""
import fcntl
import os
import re
import socket
import stat

REFUSED, SHARED = 'refused', 'shared'
# A message to oneself would reach another worker.
_WITHIN = {'eventpoll': 'an event loop or selector', 'io_uring': 'an io_uring', 'inotify': 'a file watch',
           'fanotify': 'a file watch', 'eventfd': 'a wake-up', 'timerfd': 'a timer'}

# Other devices, such as a GPU's, keep what belongs to one process, or speak to one at a time.
_WITHOUT_STATE = re.compile(r'/dev/(null|zero|full|u?random|tty|console|pts/\d+)( \(deleted\))?$')


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
    mode = os.fstat(fd).st_mode
    if stat.S_ISCHR(mode) and not _WITHOUT_STATE.match(path):
        return REFUSED, 'the device %s' % path
    if not stat.S_ISREG(mode):
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
        if sock.type == socket.SOCK_DGRAM:
            return _judge_datagrams(sock)
        if sock.type not in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            return None
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


def _judge_datagrams(sock):
    """A message is one write: syslog, StatsD. Those that arrive at an address of its own are for one reader."""
    try:
        peer = sock.getpeername()
        return (REFUSED, 'a pair of sockets') if sock.family == socket.AF_UNIX and not peer else None
    except OSError:
        name = sock.getsockname()
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        is_bound = name[0] not in ('0.0.0.0', '::')  # to all addresses it is bound by its first message
    else:
        is_bound = sock.family == socket.AF_UNIX and bool(name)
    return (REFUSED, 'a socket bound to %s' % _text(name)) if is_bound else None


def _text(address):
    if isinstance(address, tuple):
        return '%s:%d' % address[:2]
    if isinstance(address, bytes):
        return address.decode('utf-8', 'replace')
    return address or 'an unnamed socket'
