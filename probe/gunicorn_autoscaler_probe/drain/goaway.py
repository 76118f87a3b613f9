"""HTTP/2's GOAWAY, in place of "Connection: close"."""


def goaway(last_stream):
    """A frame by which requests up to this stream go on as they are, and new ones elsewhere (RFC 9113, 6.8)."""
    return b'\0\0\x08\x07\0\0\0\0\0' + last_stream.to_bytes(4, 'big') + b'\0\0\0\0'


NO_MORE_STREAMS = goaway(2**31 - 1)  # a client's requests on their way, whatever their numbers, are served
