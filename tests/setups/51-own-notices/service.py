"""A service manager for one service: `python service.py PROGRAM ...`. Prints each notice, and passes TERM on."""
import os
import signal
import socket
import sys
import tempfile
import threading

folder = tempfile.mkdtemp()
path = os.path.join(folder, 'notify')
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(path)
main = os.fork()
if main == 0:
    os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC='60000000', WATCHDOG_PID=str(os.getpid()))
    os.execvp(sys.argv[1], sys.argv[1:])


def listen():
    while True:
        print('notice of the service: %s' % heard.recv(4096).decode().replace('\n', ';'), flush=True)


threading.Thread(target=listen, daemon=True).start()
signal.signal(signal.SIGTERM, lambda number, frame: os.kill(main, number))
code = os.waitstatus_to_exitcode(os.waitpid(main, 0)[1])
os.unlink(path)
os.rmdir(folder)
sys.exit(code)
