"""A service manager for one service: `python service.py PROGRAM ...`. Prints each notice of the main process,
and passes TERM on."""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

folder = tempfile.mkdtemp()
path = os.path.join(folder, 'notify')
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
heard.bind(path)
main = subprocess.Popen(sys.argv[1:], env=dict(os.environ, NOTIFY_SOCKET=path))


def listen():
    while True:
        text, control, _, _ = heard.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize('3i')))
        pid = struct.unpack('3i', control[0][2])[0]
        who = 'main' if pid == main.pid else 'another'
        print('notice of the %s process: %s' % (who, text.decode().replace('\n', ';')), flush=True)


threading.Thread(target=listen, daemon=True).start()
signal.signal(signal.SIGTERM, lambda number, frame: main.send_signal(number))
code = main.wait()
os.unlink(path)
os.rmdir(folder)
sys.exit(code)
