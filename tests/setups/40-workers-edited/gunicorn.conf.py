import os

bind = '127.0.0.1:' + os.environ['PORT']
edits = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'edits.py')
workers = 1
timeout = 60
if os.path.exists(edits):
    exec(open(edits).read())
