import os

PATH = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'notes')


def note(text):
    with open(PATH, 'a') as file:
        file.write(text + '\n')


def application(worker):
    return getattr(worker, 'asgi', None) or worker.wsgi


def post_request(worker, req, environ, resp):
    note(application(worker).name)


def worker_exit(server, worker):
    note(application(worker).close())
