"""What setproctitle does, without it: the memory that /proc/PID/cmdline shows is overwritten."""
import ctypes


def post_worker_init(worker):
    with open('/proc/self/stat') as stat:
        fields = stat.read().rpartition(')')[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end of proc(5)
    title = b'[ready] gunicorn: worker'[:end - start - 1]
    ctypes.memmove(start, title.ljust(end - start, b'\0'), end - start)
