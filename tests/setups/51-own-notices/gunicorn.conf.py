"""Hooks tell systemd of the service, and feed its watchdog."""
import os
import socket


def tell(notice):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(os.environ['NOTIFY_SOCKET'])
        told.sendall(notice.encode())


def on_starting(server):
    tell('X_HOOK=starting')
    tell('X_FED=%s' % (os.environ['WATCHDOG_PID'] == str(os.getpid())))


def post_worker_init(worker):
    tell('X_HOOK=worker, every %s us' % os.environ['WATCHDOG_USEC'])


def on_exit(server):
    tell('X_HOOK=exit')
