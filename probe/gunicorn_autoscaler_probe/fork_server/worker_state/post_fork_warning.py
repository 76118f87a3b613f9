"""A warning to users of post_fork, the one hook that runs at another time than under gunicorn alone."""
from ... import report, user_hooks


def warn(server):
    """Say so, once, when the user has it."""
    if user_hooks.has_post_fork(server.cfg):
        report.write('post_fork runs after the import of the application, not before it: what it sets for the '
                     'import comes too late; set it in the configuration file itself, or use --fork-server off',
                     server.log)
