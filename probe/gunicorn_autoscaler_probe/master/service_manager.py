"""systemd's variables, which the supervisor keeps from gunicorn: it would say that the service is ready, reloads or
stops, as another process than the service's. What hooks and the application tell systemd is theirs."""
import os

_PREFIX = '_AUTOSCALER_'  # not the first variable: setproctitle looks for the arguments before that
_NAMES = ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID')
_SUPERVISORS = ('READY=1', 'RELOADING=1', 'STOPPING=1')


def give_back(environment=os.environ):
    """Put them back where the supervisor has handed them on. gunicorn's master stays silent."""
    handed = {name: environment.pop(_PREFIX + name) for name in _NAMES if _PREFIX + name in environment}
    if not handed:
        return
    if 'WATCHDOG_PID' in handed:
        handed['WATCHDOG_PID'] = str(os.getpid())  # a hook in the service's main process feeds the watchdog
    environment.update(handed)
    _silence()


def _silence():
    from gunicorn import systemd
    original, master_pid = systemd.sd_notify, os.getpid()

    def sd_notify(state, *arguments, **named):
        if os.getpid() != master_pid or not state.startswith(_SUPERVISORS):
            original(state, *arguments, **named)

    systemd.sd_notify = sd_notify
