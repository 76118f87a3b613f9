"""The probe's part of each gunicorn hook, chained to the user's."""
from . import counted_workers, early_end, report
from .master import own_files
from .master.master import Master
from .worker.worker import Worker
from .user_hooks import guarded, watched

_session = None
_is_refused = False


class _Session:
    """What lives from the first reading of the config to the end of the process, through every reload."""

    def __init__(self, folder):
        self.worker = Worker(folder)
        self.master = Master(folder, self.worker.take_slot)


def chain(folder, settings, space):
    """Put our hooks into the config `space`, each around the one the user (or gunicorn) has there."""
    global _session, _is_refused
    if _is_refused:
        return
    if _session is None:
        session = _Session(folder)
        if not session.master.attach():
            _is_refused = True  # permanent: it must not change at a reload
            return
        session.worker.linger_ns = session.master.linger_ns()
        _session = session
    _attempt('read what the config says of workers', None, _session.master.configure, settings, space)
    _attempt("find places for gunicorn's own files", None, own_files.place, folder, settings, space)
    for make in (_on_starting, _nworkers_changed, _on_reload, _when_ready, _child_exit, _on_exit, _pre_fork,
                 _post_fork, _post_worker_init):
        _wrap(make, settings, space, _session)


class _Steps:
    """Our steps in one hook, until another hook takes its place, which may call it."""

    def __init__(self, session):
        self.master, self.worker = session.master, session.worker

    def end(self):
        self.master = self.worker = _NoSteps()


class _NoSteps:
    def __getattr__(self, name):
        return lambda *arguments: None


def _wrap(make, settings, space, session):
    """Wrap the hook of the config file; without one, that of the program that starts gunicorn itself. One that is set
    later, by such a program or by a hook of the user's, is wrapped then."""
    name = make.__name__[1:]
    setting = settings[name]
    if name in space:
        try:
            theirs = setting.validator(space[name])
        except Exception:
            return  # gunicorn is about to refuse it
    else:
        theirs = setting.get()
    steps = _Steps(session)
    space[name] = _around(make, steps, theirs)

    def set_later(value):
        nonlocal steps
        if not hasattr(value, 'autoscaler_theirs'):
            steps.end()
            steps = _Steps(session)
            value = _around(make, steps, setting.validator(value))
        type(setting).set(setting, value)

    setting.set = set_later


def _around(make, steps, theirs):
    ours = make(steps, theirs)
    # --print-config shows the qualified name: it stays the user's.
    ours.__name__ = getattr(theirs, '__name__', ours.__name__)
    ours.__qualname__ = getattr(theirs, '__qualname__', ours.__qualname__)
    ours.__module__ = getattr(theirs, '__module__', ours.__module__)
    ours.__doc__ = getattr(theirs, '__doc__', None)
    ours.autoscaler_theirs = theirs
    return ours


def _attempt(what, server, step, *arguments):
    """Run one step of ours; an exception becomes one line in the log."""
    try:
        return step(*arguments)
    except Exception as error:
        report.trouble(what, error, getattr(server, 'log', None))
        return None


def _on_starting(steps, theirs):
    def on_starting(server):
        _attempt('take over the spawning of workers', server, steps.master.starting, server)
        theirs(server)
    return on_starting


def _nworkers_changed(steps, theirs):
    def nworkers_changed(server, new_value, old_value):
        count = _attempt('answer the doorbell', server, steps.master.count_changed, server, new_value, old_value)
        if count is None:
            count = new_value
        if count == new_value or count != old_value:  # a change that was undone is not reported
            guarded(steps.master, server, 'nworkers_changed', theirs, server, count, old_value)
    return nworkers_changed


def _on_reload(steps, theirs):
    def on_reload(server):
        master = steps.master  # theirs may put another hook in the place of this one
        _attempt('keep the number of workers through the reload', server, master.reloading, server)
        guarded(master, server, 'on_reload', theirs, server)
        _attempt('replace the workers', server, master.replace_workers)
    return on_reload


def _when_ready(steps, theirs):
    def when_ready(server):
        _attempt('say that gunicorn is ready', server, steps.master.ready)
        watched('when_ready', theirs, server)
    return when_ready


def _child_exit(steps, theirs):
    def child_exit(server, worker):
        _attempt('note the exit of a worker', server, steps.master.child_gone, worker.pid)
        guarded(steps.master, server, 'child_exit', theirs, server, worker)
    return child_exit


def _on_exit(steps, theirs):
    def on_exit(server):
        try:
            theirs(server)
        finally:
            _attempt('clean up', server, steps.master.leaving, server)
    return on_exit


def _pre_fork(steps, theirs):
    def pre_fork(server, worker):
        _attempt('prepare the fork of a worker', server, steps.master.before_pre_fork, worker)
        with counted_workers.counting(server, _attempt('count the workers', server, steps.master.gone_in_reload)):
            watched('pre_fork', theirs, server, worker)
        _attempt('note that a worker is forked', server, steps.master.about_to_fork)
    return pre_fork


def _post_fork(steps, theirs):
    def post_fork(server, worker):
        _attempt('tell the application of other workers', server, steps.master.tell_of_others, server)
        gone = _attempt('count the workers', server, steps.master.gone_in_reload)
        _attempt('count the workers', server, counted_workers.count, server, gone)
        _attempt('leave the master behind', server, steps.master.forget, server)
        _attempt('open the slot of this worker', server, steps.worker.forked, server, worker)
        try:
            theirs(server, worker)
        finally:
            early_end.leave_if_told()
    return post_fork


def _post_worker_init(steps, theirs):
    def post_worker_init(worker):
        theirs(worker)
        _attempt('attach the meter', worker, steps.worker.initialized, worker)
    return post_worker_init
