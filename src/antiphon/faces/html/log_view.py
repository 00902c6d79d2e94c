"""The log, as a page shows its newest entries: those that the caller may see."""

from collections.abc import Hashable, Sequence
from typing import Any

import msgspec

from antiphon.access import Caller, Sight, sight
from antiphon.live import Event
from antiphon.log import Change, Position
from antiphon.operations import Snapshot
from antiphon.queries import Filter
from antiphon.resources import Declaration

SCANNED = 20
"""Log entries that are looked at for each that is asked for: the caller may see few of them."""
_record = msgspec.json.Decoder(dict[str, Any] | None).decode


class LogView:
    """A `View` of all changes that a caller may see."""

    def __init__(self, declarations: Sequence[Declaration[Any]], who: Caller) -> None:
        self._seen: dict[str, Sight] = {each.path: sight(each, who) for each in declarations}
        self.key: Hashable = ("page log", tuple(self._seen), who.id, who.roles, who.groups)
        self.concerns: Sequence[tuple[str, Filter]] = tuple(
            (path, seen.filter) for path, seen in self._seen.items()
        )

    def see(self, change: Change[Any]) -> Event | None:
        """See `View`: that it is seen is all that is told."""
        seen = self._seen.get(change.resource)
        return None if seen is None or seen.row(change) is None else Event("", b"", change.number)

    def newest(self, snapshot: Snapshot, limit: int, service: str) -> list[dict[str, Any]]:
        """The newest entries that are seen, newest first."""
        at = snapshot.position
        first = max(snapshot.oldest - 1, at.number - limit * SCANNED)
        found: list[dict[str, Any]] = []
        end = at.number
        while end > first and len(found) < limit:
            after = max(first, end - 2 * limit)
            for change in reversed(snapshot.changes(after, end - after, end)):
                seen = self._seen.get(change.resource)
                row = None if seen is None else seen.row(change)
                if row is None or len(found) == limit:
                    continue
                number, time, resource, id, kind, before, after_json, caller, cause, _ = row
                found.append(
                    {
                        "service": service,
                        "id": str(Position(at.incarnation, number)),
                        "time": time,
                        "kind": kind,
                        "resource": resource,
                        "subject": f"{resource}/{id}",
                        "caller": caller,
                        "cause": cause,
                        "before": _record(before or b"null"),
                        "after": _record(after_json or b"null"),
                    }
                )
            end = after
        return found
