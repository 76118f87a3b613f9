"""Gunicorn's master does not outlive the supervisor that started it."""
import os
import shutil
import signal

_PR_SET_PDEATHSIG = 1


def tie_to_parent(parent_pid):
    """Have the kernel send this process SIGTERM when `parent_pid`, its parent, dies. Raises OSError when refused.

    A forked child does not inherit it, so workers are not affected. The kernel watches the parent's thread that forked;
    the supervisor forks from its main thread.
    """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl(PR_SET_PDEATHSIG)')
    if os.getppid() != parent_pid:  # it died before the call: the signal would never come
        os.kill(os.getpid(), signal.SIGTERM)


def remove_folder(folder):
    """Remove the runtime folder of a supervisor that is gone and cannot do it any more."""
    shutil.rmtree(folder, ignore_errors=True)
