"""What an application and its hooks see of the process they run in: lines of JSON in a file."""
import atexit
import ctypes
import faulthandler
import gc
import json
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading

_libc = ctypes.CDLL(None)
_LOGGERS = ('root', 'gunicorn', 'gunicorn.error', 'gunicorn.access', 'uvicorn', 'uvicorn.error')


def note(place, server=None, worker=None, **more):
    """Append what is seen at `place`, a hook or a step of the application."""
    arbiter = getattr(server, 'pid', os.getpid()) if server is not None else getattr(worker, 'ppid', os.getppid())
    line = {'place': place, 'process': _process(arbiter)}
    if server is not None:
        line['server'] = _server(server)
    if worker is not None:
        line['worker'] = _worker(worker, arbiter)
    line.update(more)
    data = json.dumps(line, sort_keys=True, default=repr) + '\n'
    fd = os.open(os.path.join(os.environ['XDG_RUNTIME_DIR'], 'seen'), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    if os.getuid() == 0:
        os.fchmod(fd, 0o666)
    os.write(fd, data.encode())
    os.close(fd)


def _process(arbiter):
    status = dict(line.split(':\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\t' in line)
    umask = os.umask(0)
    os.umask(umask)
    return {
        'is': 'arbiter' if os.getpid() == arbiter else 'child' if os.getppid() == arbiter else 'stranger',
        'session': os.getsid(0) == os.getsid(arbiter), 'group': os.getpgid(0) == os.getpgid(arbiter),
        'argv': sys.argv, 'environ': dict(os.environ), 'cwd': os.getcwd(), 'umask': umask, 'path': sys.path,
        'user': [os.getresuid(), os.getresgid(), os.getgroups()],
        'comm': status['Name'],
        'blocked': status['SigBlk'],
        'pending': status['SigPnd'], 'privileges': [status['CapEff'], status['NoNewPrivs'], status.get('Seccomp')],
        'handlers': {one.name: _text(signal.getsignal(one)) for one in signal.Signals},
        'timers': [signal.getitimer(one) for one in (0, 1, 2)],
        'threads': [one.name for one in threading.enumerate()], 'tasks': len(os.listdir('/proc/self/task')),
        'main': threading.current_thread() is threading.main_thread(),
        'native': threading.main_thread().native_id == os.getpid() == threading.get_native_id(),
        'death signal': _read_prctl(2), 'subreaper': _read_prctl(37), 'dumpable': _libc.prctl(3, 0, 0, 0, 0),
        'limits': {name: resource.getrlimit(getattr(resource, name))
                   for name in dir(resource) if name.startswith('RLIMIT')},
        'nice': os.nice(0), 'affinity': sorted(os.sched_getaffinity(0)),
        'cgroup': open('/proc/self/cgroup').read(),
        'gc': [gc.isenabled(), gc.get_threshold(), gc.get_debug()],
        'multiprocessing': [multiprocessing.current_process().name, repr(multiprocessing.parent_process()),
                            multiprocessing.get_start_method(True)],
        'hooks of the interpreter': [_text(sys.excepthook), _text(threading.excepthook), faulthandler.is_enabled(),
                                     sys.getswitchinterval(), sys.getrecursionlimit(), repr(sys.gettrace())],
        'locale': locale.setlocale(locale.LC_ALL),
        'logging': {name: [logger.level, logger.propagate, logger.disabled, [_text(one) for one in logger.handlers]]
                    for name, logger in ((name, logging.getLogger(name)) for name in _LOGGERS)},
        'atexit': atexit._ncallbacks(), 'error being handled': _text(sys.exc_info()[0]),
        'children': sum(len(open('/proc/self/task/%s/children' % task).read().split())
                        for task in os.listdir('/proc/self/task')) if os.getpid() != arbiter else None,
        'flags': str(sys.flags), 'main module': getattr(sys.modules['__main__'], '__file__', None),
    }


def _read_prctl(option):
    found = ctypes.c_int()
    _libc.prctl(option, ctypes.byref(found), 0, 0, 0)
    return found.value


def _worker(worker, arbiter):
    seen = {key: _text(value) for key, value in sorted(vars(worker).items())}
    seen['pid'] = 'self' if worker.pid == os.getpid() else worker.pid if isinstance(worker.pid, str) else 'another'
    seen['ppid'] = worker.ppid == arbiter
    seen['of'] = {name: hasattr(worker, name) for name in ('pid', 'age', 'nr')}
    try:
        info = os.fstat(worker.tmp.fileno())
        seen['tmp'] = [type(worker.tmp).__name__, sorted(vars(worker.tmp)), oct(info.st_mode), info.st_uid, info.st_gid,
                       info.st_nlink, worker.tmp.last_update() > 0]
    except Exception as error:
        seen['tmp'] = repr(error)
    return seen


def _server(server):
    seen = {key: _text(value) for key, value in sorted(vars(server).items())}
    seen['pid'] = {os.getpid(): 'self', os.getppid(): 'parent'}.get(vars(server).get('pid'), 'other')
    seen['WORKERS'] = sorted(worker.age for worker in server.WORKERS.values())
    return seen


def _text(value):
    if value is None or isinstance(value, (int, float, str, bool)):
        return value
    if isinstance(value, (list, tuple)):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _text(one) for key, one in value.items()}
    if hasattr(value, '__qualname__'):
        return '%s.%s' % (value.__module__, value.__qualname__)
    return type(value).__module__ + '.' + type(value).__qualname__
