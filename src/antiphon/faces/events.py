"""The service's log as CloudEvents 1.0: `GET /events`, as a JSON batch or an event stream."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon.access import Caller, is_private, sight
from antiphon.errors import InvalidQuery, PositionGone, nearest
from antiphon.live import Event
from antiphon.log import Change, Position
from antiphon.operations import Service
from antiphon.queries import And, Compare, Filter, pairs, parse_limit
from antiphon.server.answers import EVENT_STREAM, freshness
from antiphon.server.event_stream import EventStream
from antiphon.server.negotiation import choose
from antiphon.server.requests import CALLER, at_least, caller_of

BATCH = "application/cloudevents-batch+json"
OFFERS = (BATCH, "application/json", EVENT_STREAM)
KNOWN = ("type", "subject", "source", "resource", "from", "limit")


class LogView:
    """A `View` of the whole log, as CloudEvents (JSON format), filtered by exact attributes.

    It tells what the caller may see, as what it means to it: see `Sight.row`.
    """

    def __init__(self, service: Service, wanted: dict[str, str], who: Caller) -> None:
        self.key = ("events", tuple(sorted(wanted.items())), who.id, who.roles, who.groups)
        self.resource = wanted.get("resource")
        self._incarnation = service.incarnation
        self._source = f"/{service.name}"
        self._seen = {each.path: (each.name.lower(), sight(each, who)) for each in service.declarations}
        self._type = wanted.get("type")
        self._subject = wanted.get("subject")
        self._nothing = wanted.get("source", self._source) != self._source
        self.concerns = tuple(self._concerns())

    def _concerns(self) -> Iterator[tuple[str, Filter]]:
        for path, (_, seen) in self._seen.items():
            if self._nothing or self.resource not in (None, path):
                continue
            if self._subject is None:
                yield path, seen.filter
            elif self._subject.startswith(f"{path}/"):
                id = Compare(seen.declaration.by_name["id"], "eq", self._subject.removeprefix(f"{path}/"))
                yield path, And((id, seen.filter))

    def see(self, change: Change[Any]) -> Event | None:
        subject = f"{change.resource}/{change.id}"
        if self._nothing or change.resource not in self._seen:
            return None
        if self._subject not in (None, subject) or self.resource not in (None, change.resource):
            return None
        name, seen = self._seen[change.resource]
        row = seen.row(change)
        if row is None:
            return None
        number, time, _, _, kind, before, after, caller, cause, trace = row
        told = f"{name}.{kind}"
        if self._type not in (None, told):
            return None
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(Position(self._incarnation, number)),
            "source": self._source,
            "type": told,
            "subject": subject,
            "time": time,
            "datacontenttype": "application/json",
        }
        for attribute, value in (("caller", caller), ("cause", cause), ("traceparent", trace)):
            if value is not None:
                event[attribute] = value
        event["data"] = {"before": _raw(before), "after": _raw(after)}
        return Event("", msgspec.json.encode(event), number)


def _raw(shown: bytes | None) -> msgspec.Raw | None:
    return None if shown is None else msgspec.Raw(shown)


async def events(request: Request, service: Service) -> Any:
    """`GET /events?from=P&type=song.added`: a batch, or a stream, from a position on.

    Without `from`, or with `from=oldest`, it begins with the oldest entry that is kept.
    """
    given = dict(pairs(request.scope["query_string"]))
    for name in given:
        if name not in KNOWN:
            raise InvalidQuery(f"/events has no parameter {name[:80]!r}.", nearest(name[:80], KNOWN))
    wanted = {name: given[name] for name in KNOWN[:4] if name in given}
    if (resource := wanted.get("resource")) is not None:
        paths = [each.path for each in service.declarations if not is_private(each)]
        if resource not in paths:
            raise InvalidQuery(f"There is no resource {resource[:80]!r}.", nearest(resource[:80], paths))
    who = caller_of(request)

    def view_of(seen: Caller) -> LogView:
        return LogView(service, wanted, seen)

    await service.wait_for(at_least(request))
    start = request.headers.get("last-event-id") or given.get("from", "oldest")
    number = await _first(start, service)
    form = choose(request.headers.get("accept", "*/*"), OFFERS)
    if form == EVENT_STREAM:

        def follow(after: int, follower: Any, ended: Any, turned: bool) -> Any:
            return service.follow_log(view_of, after, who, follower, ended, turned)

        return EventStream(service, follow, who, number=number, head=request.method == "HEAD")
    limit = parse_limit(given.get("limit", str(service.settings.page_size)), service.settings.max_page_size)
    while True:
        try:
            found, scanned = await service.log_since(view_of, number, who, limit)
            break
        except PositionGone:  # what was the oldest has just gone out of the log
            if start != "oldest":
                raise
            number = await _first(start, service)
    following = {**given, "from": str(Position(service.incarnation, scanned))}
    headers = {
        "Antiphon-Position": str(Position(service.incarnation, scanned)),
        **freshness(service.declarations, personal=CALLER in request.scope),
        "Link": f'<{request.url.path}?{urlencode(following)}>; rel="next"',
    }
    body = b"[%b]" % b",".join(event.body for event in found)
    return Response(body, headers=headers, media_type=form)


async def _first(start: str, service: Service) -> int:
    """The number after which to begin."""
    if start == "oldest":
        return (await service.reader.run(lambda snapshot: snapshot.oldest)) - 1
    return await service.start_after(start)
