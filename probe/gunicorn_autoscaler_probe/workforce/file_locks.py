"""File locks that processes wait for, and the processes that hold them."""
from ..process_stat import kernel_text


def holders(pids):
    """Of `pids`, those that wait -> the pid of the holder. Empty where /proc/locks cannot be read."""
    try:
        with kernel_text('/proc/locks') as lines:
            return {waiter: holder for waiter, holder in _waits(lines) if waiter in pids}
    except (OSError, ValueError, IndexError):
        return {}


def _waits(lines):
    """(waiter, holder) of each lock that is waited for: its waiters follow it, marked by an arrow."""
    holder = 0
    for line in lines:
        fields = line.split()
        if fields[1] == '->':
            yield int(fields[5]), holder
        else:
            holder = int(fields[4])
