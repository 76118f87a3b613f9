import os

path = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'workers')
workers = int(open(path).read()) if os.path.exists(path) else 1
