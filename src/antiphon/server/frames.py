"""The frames of an event stream (HTML Living Standard, 9.2: server-sent events)."""

from antiphon.live import Batch, Event

RETRY = b"retry: 1000\n\n"


class Frames:
    """Events as the frames of an event stream; positions are of one incarnation of a log."""

    def __init__(self, incarnation: str) -> None:
        self._id = f"id: {incarnation}-".encode()

    def event(self, event: Event) -> bytes:
        """See `live.Frames`."""
        kind = b"event: %b\n" % event.kind.encode() if event.kind else b""
        number = b"" if event.number is None else b"%b%d\n" % (self._id, event.number)
        return b"%b%bdata: %b\n\n" % (kind, number, event.body)

    def write(self, batch: Batch) -> bytes:
        """See `live.Form`. A bookmark is an `id` without data."""
        if not batch.events:
            return b"%b%d\n\n" % (self._id, batch.number)
        return b"".join([event.written(self) for event in batch.events])


class Chunks:
    """The same, each batch a chunk of HTTP/1.1's chunked coding (RFC 9112, 7.1)."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def write(self, batch: Batch) -> bytes:
        """See `live.Form`."""
        return chunk(self._frames.write(batch))


LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Some bytes, which must not be none, as a chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)
