"""What a meter does when its slot cannot be written, or not with such a number: nothing more, so that requests go on."""
from .. import report, words as w


def detached(m, error):
    """Say in the slot `m` that nobody meters any more, as far as that can be written. Returns words that nobody reads."""
    report.trouble('meter the requests of this worker', error)
    try:
        m[w.METERED] = 0
        m[w.IN_FLIGHT] = 0
        m[w.SEQ] += m[w.SEQ] % 2
    except Exception:
        pass
    return [0] * (w.SIZE // 8)
