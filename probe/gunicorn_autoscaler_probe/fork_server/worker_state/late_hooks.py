"""Warnings to users of the hooks that run at another time than under gunicorn alone: after the import."""
from ... import report, user_hooks

_LATE = 'after the import of the application, not before it: what it sets for the import comes too late'


def warn_of_post_fork(server):
    """Say so, once, when the user has it."""
    if user_hooks.has_post_fork(server.cfg):
        report.write('post_fork runs %s; set it in the configuration file itself, or use --fork-server off' % _LATE,
                     server.log)


def warn_of_environment(server, names):
    """Say once that a pre_fork changes these variables: GPUs and ids are handed out so, and read by the import."""
    if names:
        report.write('pre_fork changes %s %s; read it in a request, or use --fork-server off'
                     % (', '.join(sorted(names)), _LATE), server.log, 'pre_fork')
