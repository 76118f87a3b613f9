"""Prints what gunicorn's configuration comes to, as one JSON line.

Run by `gunicorn-autoscaler check`, and before a start without the probe, as `python -c THIS ARGS...` with
gunicorn's own interpreter and arguments. gunicorn's own loader does the work; a broken config fails with
gunicorn's own message. The application is loaded only when GUNICORN_AUTOSCALER_INSPECT=load, to tell how long
a worker boots and what it weighs.
"""
import atexit
import gc
import inspect
import json
import os
import select
import signal
import sys
import time

FORK_LIMIT_S = 2
EXIT_LIMIT_S = 5


def describe():
    """The configuration as a dict: src/gunicorn/inspect.ts has its keys."""
    from gunicorn import __version__
    from gunicorn.app.wsgiapp import WSGIApplication
    from gunicorn.config import Config, get_default_config_file
    given, original = set(), Config.set

    def remember(self, name, value):
        given.add(name.lower())
        original(self, name, value)

    Config.set = remember
    if os.environ.get('WEB_CONCURRENCY', '').strip():
        given.add('workers')
    app = WSGIApplication('%(prog)s [OPTIONS] [APP_MODULE]', prog='gunicorn')
    cfg = app.cfg
    try:
        names = ['%s.%s' % (c.__module__, c.__name__) for c in cfg.worker_class.__mro__]
        problem = None
    except BaseException as error:  # load_class raises RuntimeError, a missing package ImportError
        names, problem = [], '%s' % error
    statsd = cfg.statsd_host
    if isinstance(statsd, (tuple, list)):
        statsd = '%s:%s' % (('[%s]' % statsd[0]) if ':' in statsd[0] else statsd[0], statsd[1])
    elif statsd:
        statsd = 'unix://%s' % statsd
    return {
        'gunicorn': __version__,
        'python': '%d.%d.%d' % sys.version_info[:3],
        'executable': sys.executable,
        'worker_class': cfg.worker_class_str,
        'worker_class_names': names,
        'worker_class_problem': problem,
        'workers': cfg.workers,
        'given': sorted(given),
        'config': cfg.config if 'config' in given and cfg.config else get_default_config_file(),
        'threads': cfg.threads,
        'worker_connections': cfg.worker_connections,
        'address': [address_text(one) for one in cfg.address],
        'timeout': cfg.timeout,
        'graceful_timeout': cfg.graceful_timeout,
        'keepalive': cfg.keepalive,
        'preload': bool(cfg.preload_app),
        'reload': bool(cfg.reload),
        'reuse_port': bool(cfg.reuse_port),
        'daemon': bool(cfg.daemon),
        'statsd_host': statsd or None,
        'unusable': list(unusable(cfg)),
        'app': load(app) if os.environ.get('GUNICORN_AUTOSCALER_INSPECT') == 'load' else None,
    }


def address_text(address):
    """HOST:PORT, the path of a unix socket, or fd://N of a descriptor."""
    if isinstance(address, int):
        return 'fd://%d' % address
    if isinstance(address, str):
        return address
    return ('[%s]:%s' if ':' in address[0] else '%s:%s') % tuple(address[:2])


def unusable(cfg):
    """[setting, value, what is wrong] of each setting with which gunicorn ends before it has a worker."""
    for name in ('certfile', 'keyfile', 'logconfig'):
        path = getattr(cfg, name, None)
        if path and not os.path.exists(path):
            yield name, path, 'there is no such file'
    for name in ('accesslog', 'errorlog'):
        path = getattr(cfg, name, None)
        if isinstance(path, str) and path and path != '-' and not can_append(path):
            yield name, path, 'it cannot be written'
    beside = [('pidfile', cfg.pidfile)] + [('bind', one) for one in cfg.address if isinstance(one, str)]
    for name, path in beside:
        if path and not path.startswith('@') and not os.path.isdir(os.path.dirname(path) or '.'):
            yield name, path, 'there is no such folder'
    if cfg.worker_tmp_dir and not os.path.isdir(cfg.worker_tmp_dir):
        yield 'worker_tmp_dir', cfg.worker_tmp_dir, 'there is no such folder'
    for one in cfg.address:
        if isinstance(one, tuple) and not 0 <= one[1] <= 65535:
            yield 'bind', address_text(one), 'there is no such port'
    try:
        cfg.logger_class
    except Exception as error:
        yield 'logger_class', str(cfg.settings['logger_class'].get()), ('%s' % error).strip().split('\n')[0]


def can_append(path):
    if os.path.exists(path):
        return not os.path.isdir(path) and os.access(path, os.W_OK)
    return os.access(os.path.dirname(path) or '.', os.W_OK)


def load(app):
    """Loads the application as a worker does: {problem, is_asgi, load_ms, rss_bytes}, and fork_ms and fork_bytes, what
    a worker forked from this process costs at first; 0 when unknown."""
    for path in (app.cfg.pythonpath or '').split(','):  # as gunicorn does when it runs, and not to check
        if path and os.path.abspath(path) not in sys.path:
            sys.path.insert(0, os.path.abspath(path))
    os.environ.update(app.cfg.env or {})
    began = time.monotonic()
    called = problem = None
    try:
        called = app.wsgi()
    except BaseException as error:  # an application may raise SystemExit
        problem = '%s: %s' % (type(error).__name__, error)
    took_ms = (time.monotonic() - began) * 1000
    try:
        with open('/proc/self/statm', encoding='latin-1') as statm:
            rss_bytes = int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except OSError:
        rss_bytes = 0
    fork_ms, fork_bytes = (0, 0) if problem else try_fork()
    return {'problem': problem, 'is_asgi': is_asgi(called), 'load_ms': took_ms, 'rss_bytes': rss_bytes,
            'fork_ms': fork_ms, 'fork_bytes': fork_bytes}


def is_asgi(app):
    """Whether calling it makes a coroutine: no WSGI worker can serve that."""
    try:
        return any(map(inspect.iscoroutinefunction, (app, getattr(app, '__call__', None))))
    except Exception:  # the application answers for its attributes
        return False


def try_fork():
    """(ms from the fork to the child's first instruction, bytes of the child alone), (0, 0) when it says nothing."""
    try:
        gc.collect()
        gc.freeze()
        reader, writer = os.pipe()
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                took = (time.monotonic() - began) * 1000
                with open('/proc/self/smaps_rollup', encoding='latin-1') as rollup:
                    own = sum(int(line.split()[1]) for line in rollup if line.startswith('Private_'))
                os.write(writer, b'%f %d' % (took, own * 1024))
            finally:
                os._exit(0)
        os.close(writer)
        answer = select.select([reader], [], [], FORK_LIMIT_S)[0] and os.read(reader, 100).split()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return (float(answer[0]), int(answer[1])) if answer else (0, 0)
    except Exception:
        return 0, 0


if __name__ == '__main__':
    output = os.dup(1)
    # On a line of its own, and not by sys.stdout, which the application may have closed or replaced.
    os.write(output, b'\n%s\n' % json.dumps(describe()).encode())
    # Threads of the application may never end: they are not waited for. What it does at its exit is done.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(EXIT_LIMIT_S)
    atexit._run_exitfuncs()
    os._exit(0)
