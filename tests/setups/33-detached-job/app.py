import os
import subprocess

JOB = '''
import os, time
if %d:
    if os.fork():
        os._exit(0)
while not os.path.exists('release'):
    time.sleep(0.05)
open('done', 'w').close()
'''


def app(environ, start_response):
    if environ['PATH_INFO'] == '/job':
        for number, daemonizes in enumerate((0, 1)):
            folder = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'job-%d' % number)
            os.mkdir(folder)
            subprocess.Popen(['python3', '-c', JOB % daemonizes], cwd=folder, start_new_session=True)
        folder = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'job-2')  # as a deployment that restarts this server
        os.mkdir(folder)
        subprocess.Popen(['python3', '-c', JOB % 0], cwd=folder)
    start_response('200 OK', [('Content-Length', '2')])
    return [b'ok']
