"""Our config stands in sys.argv, or in GUNICORN_CMD_ARGS where a program starts gunicorn. The application must not see
it, a reload must."""
import os
import sys


def keep_through_reloads(server, arguments, added):
    """Wrap `reload` of this arbiter: both are as they came when gunicorn reads its config again, which hides ours once
    more. arguments: sys.argv as it came; added: to the variable, None when it has nothing of ours."""
    original = server.reload

    def reload():
        sys.argv = list(arguments)
        if added is not None:
            os.environ['GUNICORN_CMD_ARGS'] = os.environ.get('GUNICORN_CMD_ARGS', '') + added
        original()

    server.reload = reload
