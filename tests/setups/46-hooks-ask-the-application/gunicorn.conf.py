import os

PATH = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'notes')


def note(text):
    with open(PATH, 'a') as file:
        file.write(text + '\n')


def post_request(worker, req, environ, resp):
    note(worker.wsgi.name)


def worker_exit(server, worker):
    note(worker.wsgi.close())
