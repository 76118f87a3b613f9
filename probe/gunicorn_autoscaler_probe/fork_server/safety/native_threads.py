"""Which library started a thread that Python does not know: the return addresses on its stack tell."""
import collections
import os
import re
import struct
import time

from ...process_stat import kernel_text

_COMMON = re.compile(r'/(libc|libpython3|libpthread|ld-linux[^/]*|ld-musl[^/]*|libstdc\+\+|libgcc_s|libm)[.-]')
_MOST_STACK_BYTES = 1 << 16
_LOOKS = 30
_LOOK_EVERY_S = 0.01


def library_of(task_id):
    """File name of the library, or None when it is not known. Takes up to 0.3 s for a thread that spins."""
    try:
        stack = _stack_pointer(task_id)
        libraries, end = [], stack
        with kernel_text('/proc/self/maps') as file:
            for line in file:
                part = line.split(None, 5)
                low, high = (int(text, 16) for text in part[0].split('-'))
                if low <= stack < high:
                    end = high
                if 'x' in part[1] and len(part) > 5 and part[5].startswith('/') and not _COMMON.search(part[5]):
                    libraries.append((low, high, part[5].strip()))
        with open('/proc/self/mem', 'rb', 0) as memory:
            memory.seek(stack)
            data = memory.read(min(end - stack, _MOST_STACK_BYTES))
    except (OSError, ValueError, IndexError):
        return None
    found = collections.Counter()
    for (word,) in struct.iter_unpack('<Q', data[:len(data) // 8 * 8]):
        found.update(name for low, high, name in libraries if low <= word < high)
    return os.path.basename(found.most_common(1)[0][0]) if found else None


def _stack_pointer(task_id):
    for _ in range(_LOOKS):  # a thread that runs shows "running" in its place
        with kernel_text('/proc/self/task/%d/syscall' % task_id) as file:
            words = file.read().split()
        if len(words) > 2:
            return int(words[-2], 16)
        time.sleep(_LOOK_EVERY_S)
    raise ValueError('it runs all the time')
