"""Sends StatsD packets at a rate, many in one system call: flood_sender.py PORT PACKETS_PER_SECOND SECONDS.

Prints how many packets left. A machine that cannot send so many sends what it can. Standard library
only: sendmmsg through ctypes, for x86-64 and arm64.
"""
import ctypes
import socket
import sys
import time

BATCH = 64
PACKET = b'gunicorn.requests:1|c\ngunicorn.request.duration:5|ms'


class Iovec(ctypes.Structure):
    _fields_ = [('base', ctypes.c_char_p), ('len', ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [('name', ctypes.c_void_p), ('namelen', ctypes.c_uint32), ('iov', ctypes.POINTER(Iovec)),
                ('iovlen', ctypes.c_size_t), ('control', ctypes.c_void_p), ('controllen', ctypes.c_size_t),
                ('flags', ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [('hdr', Msghdr), ('len', ctypes.c_uint)]


def batch_of(packet):
    """The packet, BATCH times."""
    vectors = (Iovec * BATCH)(*[Iovec(packet, len(packet))] * BATCH)
    batch = (Mmsghdr * BATCH)()
    for i in range(BATCH):
        batch[i].hdr.iov = ctypes.pointer(vectors[i])
        batch[i].hdr.iovlen = 1
    return batch


def flood(port, rate, seconds):
    """Returns the number of packets sent."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(('127.0.0.1', port))
    libc = ctypes.CDLL(None, use_errno=True)
    batch = batch_of(PACKET)
    sent = 0
    began = now = time.monotonic()
    while now - began < seconds:
        due = int((now - began) * rate)
        if sent < due:
            sent += max(0, libc.sendmmsg(sock.fileno(), batch, min(BATCH, due - sent), 0))
        else:
            time.sleep(0.0002)
        now = time.monotonic()
    return sent


if __name__ == '__main__':
    print(flood(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
