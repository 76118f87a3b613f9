"""job.py COMMAND...: starts it as a shell with job control does, in a process group of its own with the shell
as parent.

Only so do SIGTSTP and the terminal's keys mean what they mean in a terminal: the kernel does not stop a group that
has no shell to continue it.
"""
import os
import signal
import sys

job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda number, frame: os.kill(job, number))
_, status = os.waitpid(job, 0)
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
