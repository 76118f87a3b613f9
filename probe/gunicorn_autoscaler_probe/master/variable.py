"""GUNICORN_CMD_ARGS names our config where a program starts gunicorn. The application must not see that, a
reload must."""
import os


def keep_through_reloads(server, added):
    """Wrap `reload` of this arbiter: the environment is as it came when gunicorn reads its config again, which hides
    `added` once more."""
    original = server.reload

    def reload():
        os.environ['GUNICORN_CMD_ARGS'] = os.environ.get('GUNICORN_CMD_ARGS', '') + added
        original()

    server.reload = reload
