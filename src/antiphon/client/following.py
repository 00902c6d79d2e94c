"""Following: what the frames of one or more streams mean, when each goes on where the one before was cut."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from antiphon.client.answers import problem_in
from antiphon.client.event_stream import Frame
from antiphon.errors import Malformed


class Event(Struct, frozen=True):
    """One thing that a follower is told.

    `kind` is "present" (a record that is there at the beginning), "live" (the list of those is complete),
    "added", "changed" or "removed"; "message" for an entry of `/events`; "bookmark" for a position alone.
    `record` is the record as JSON; of a removed one, its id and revision. Following after `position` tells
    all that comes after this event; None within a list or a group, which is told again as a whole.
    """

    kind: str
    record: dict[str, Any]
    position: str | None


class Following:
    """Turns frames into events, each exactly once. `position` is where the next connection must go on.

    A group of frames of which only the last carries an id is held back until it comes. If a list is cut,
    the next connection lists anew, and only how the second differs from the first is told.
    """

    def __init__(self, position: str | None) -> None:
        self.position = position
        self._group: list[tuple[str, dict[str, Any]]] = []
        self._listed: dict[str, Any] = {}
        self._missing: dict[str, Any] = {}

    def begin(self) -> None:
        """A connection begins: what the one before left unfinished will be repeated."""
        self._group.clear()
        self._missing = dict(self._listed)

    def take(self, frame: Frame) -> Iterator[Event]:
        """What `frame` tells.

        Raises:
            PositionGone: the service says that it cannot go on.
            Malformed: it is not one of Antiphon's.
        """
        if frame.kind == "gone":
            raise problem_in(frame.data)
        if frame.kind == "present":
            yield from self._present(_decode(frame.data))
            return
        if frame.data:
            self._group.append((frame.kind or "message", _decode(frame.data)))
        if not frame.id:
            return
        if frame.kind == "live":
            for id, revision in self._missing.items():
                yield Event("removed", {"id": id, "revision": revision}, None)
            self._listed.clear()
        self.position = frame.id
        group, self._group = self._group or [("bookmark", {})], []
        for place, (kind, record) in enumerate(group, 1):
            yield Event(kind, record, frame.id if place == len(group) else None)

    def _present(self, record: dict[str, Any]) -> Iterator[Event]:
        id, revision = record.get("id"), record.get("revision")
        if not isinstance(id, str):
            raise Malformed("The stream lists a record without an id.", "Check the URL.")
        before = self._listed.get(id)
        self._missing.pop(id, None)
        self._listed[id] = revision
        if before is None:
            yield Event("present", record, None)
        elif before != revision:
            yield Event("changed", record, None)


def _decode(data: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"The stream holds what is no JSON object: {error}.", "Check the URL.") from None
