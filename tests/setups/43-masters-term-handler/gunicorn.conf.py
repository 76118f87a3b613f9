import os
import signal
import time

PATH = os.path.join(os.environ['XDG_RUNTIME_DIR'], 'called')


def when_ready(server):
    gunicorns = signal.getsignal(signal.SIGTERM)

    def leave_the_balancer_first(number, frame):
        with open(PATH, 'a') as file:
            file.write('x')
        time.sleep(3.5)
        gunicorns(number, frame)

    signal.signal(signal.SIGTERM, leave_the_balancer_first)
