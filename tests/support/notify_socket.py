"""A service manager's notify socket: prints each message as one line, `PID LINE;LINE`, until it is ended."""
import socket
import struct
import sys

name = sys.argv[1]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    heard.bind('\0' + name[1:] if name.startswith('@') else name)
    print('listening', flush=True)
    while True:
        text, control, _, _ = heard.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize('3i')))
        pid = struct.unpack('3i', control[0][2])[0]
        print(pid, text.decode().replace('\n', ';'), flush=True)
