"""Messages with descriptors over a pair of sockets, each a datagram: whole or not at all."""
import array
import socket

MOST_BYTES = 1 << 17  # of one message
# Of one message; the kernel allows 253.
MOST_DESCRIPTORS = 32
_CLOSE_ON_EXEC = getattr(socket, 'MSG_CMSG_CLOEXEC', 0x40000000)  # PyPy does not name it


def pair():
    """Two connected ends. The kernel closes the one when the process of the other is gone."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.settimeout(None)  # the configuration may have set a default: a fork server waits for hours
    return ends


def send(sock, data, descriptors=()):
    """Send `data`, not empty, and copies of the descriptors. Raises OSError, EMSGSIZE for one too long."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
    sock.sendmsg([data], rights)


def receive(sock):
    """(data, descriptors) of the next message; data is empty when the other end is closed. Raises OSError."""
    size = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array('i').itemsize)
    data, ancillary, _, _ = sock.recvmsg(MOST_BYTES, size, _CLOSE_ON_EXEC)
    found = array.array('i')
    for level, kind, part in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(part[:len(part) - len(part) % found.itemsize])
    return data, list(found)
