"""A meter stops when its slot cannot be written, or a number does not fit; requests go on."""
from .. import report, words as w


def detached(m, error):
    """Mark the slot `m` as not metered, if it can be written. Returns words that are not shared."""
    report.trouble('meter the requests of this worker', error)
    try:
        m[w.METERED] = 0
        m[w.IN_FLIGHT] = 0
        m[w.SEQ] += m[w.SEQ] % 2
    except Exception:
        pass
    return [0] * (w.SIZE // 8)
