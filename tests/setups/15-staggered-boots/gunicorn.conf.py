import os
import time

bind = '127.0.0.1:' + os.environ['PORT']
workers = 2


def pre_fork(server, worker):
    time.sleep(3)
