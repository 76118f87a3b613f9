"""gunicorn's own files where its user has no home or no temporary folder that can be written.

It is common in containers: a user without a home, a read-only root. gunicorn 25.1 and newer would log an
error at each fork for its control socket, and every gunicorn would end with a traceback for the heartbeat
files of its workers.
"""
import os
import tempfile


def place(folder, settings, space):
    """Put into the config `space` a place below `folder` for what has none. What the user set stays.

    folder: the runtime folder. settings: gunicorn's setting objects by name.
    """
    control = settings.get('control_socket')  # not there before 25.1
    if control is not None and 'control_socket' not in space and not _can_be_made(control.default):
        space['control_socket'] = os.path.join(folder, 'gunicorn.ctl')
    if not space.get('worker_tmp_dir') and not _has_temporary_folder():
        space['worker_tmp_dir'] = folder


def _can_be_made(path):
    """Whether a file can be made there; missing folders are made by gunicorn."""
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def _has_temporary_folder():
    """Python looks for it once: the first look is left to gunicorn, whose raw_env, or a hook, may set TMPDIR before."""
    known = tempfile.tempdir
    try:
        return bool(tempfile.gettempdir())
    except OSError:
        return False
    finally:
        tempfile.tempdir = known
