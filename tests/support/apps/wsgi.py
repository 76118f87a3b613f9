"""Bare WSGI app; paths in work.py. Start with --chdir at this folder: `gunicorn --chdir APPS wsgi:app`."""
from work import work

REASONS = {200: "200 OK", 500: "500 Internal Server Error"}


def app(environ, start_response):
    status, body = work(environ["PATH_INFO"])
    start_response(REASONS[status], [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
