import os

pidfile = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'pid')
daemon = 'AS_DAEMON' in os.environ
