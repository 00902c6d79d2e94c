"""The service's log as CloudEvents 1.0: `GET /events`, as a JSON batch or an event stream."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import InvalidQuery, nearest
from antiphon.live import Event
from antiphon.log import Change, Position
from antiphon.operations import Service
from antiphon.queries import pairs, parse_limit
from antiphon.server.answers import EVENT_STREAM
from antiphon.server.event_stream import EventStream
from antiphon.server.negotiation import choose
from antiphon.server.requests import at_least

BATCH = "application/cloudevents-batch+json"
OFFERS = (BATCH, "application/json", EVENT_STREAM)
KNOWN = ("type", "subject", "source", "from", "limit")
SLICE = 500
SCANNED = 20_000
"""Log entries that one batch looks at; the next batch goes on behind them."""


class LogView:
    """A `View` of the whole log, as CloudEvents (JSON format), filtered by exact attributes."""

    resource = None

    def __init__(self, service: Service, wanted: dict[str, str]) -> None:
        self.key = ("events", tuple(sorted(wanted.items())))
        self._incarnation = service.incarnation
        self._source = f"/{service.name}"
        self._types = {each.path: each.name.lower() for each in service.declarations}
        self._type = wanted.get("type")
        self._subject = wanted.get("subject")
        self._nothing = wanted.get("source", self._source) != self._source

    def see(self, change: Change[Any]) -> Event | None:
        name = self._types.get(change.resource, change.resource[1:])
        kind = f"{name}.{change.kind}"
        subject = f"{change.resource}/{change.id}"
        if self._nothing or self._type not in (None, kind) or self._subject not in (None, subject):
            return None
        position = str(Position(self._incarnation, change.number))
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": position,
            "source": self._source,
            "type": kind,
            "subject": subject,
            "time": change.time,
            "datacontenttype": "application/json",
        }
        for attribute, value in (
            ("caller", change.caller),
            ("cause", change.cause),
            ("traceparent", change.trace),
        ):
            if value is not None:
                event[attribute] = value
        event["data"] = {"before": _raw(change.before_json), "after": _raw(change.after_json)}
        return Event("", msgspec.json.encode(event), change.number)


def _raw(record: bytes | None) -> msgspec.Raw | None:
    return None if record is None else msgspec.Raw(record)


async def events(request: Request, service: Service) -> Any:
    """`GET /events?from=P&type=song.added&subject=/songs/ID`: a batch, or a stream, from a position on.

    Without `from`, or with `from=oldest`, it begins with the oldest entry that is kept.
    """
    given = dict(pairs(request.scope["query_string"]))
    for name in given:
        if name not in KNOWN:
            raise InvalidQuery(f"/events has no parameter {name[:80]!r}.", nearest(name[:80], KNOWN))
    view = LogView(service, {name: given[name] for name in KNOWN[:3] if name in given})
    await service.wait_for(at_least(request))
    start = request.headers.get("last-event-id") or given.get("from", "oldest")
    if start == "oldest":
        number = (await service.reader.run(lambda snapshot: snapshot.oldest)) - 1
    else:
        number = await service.start_after(start)
    form = choose(request.headers.get("accept", "*/*"), OFFERS)
    if form == EVENT_STREAM:

        def follow(after: int, deliver: Any, on_end: Any) -> Any:
            return service.follow(view, after, deliver, on_end)

        return EventStream(service, follow, number=number, head=request.method == "HEAD")
    limit = parse_limit(given.get("limit", str(service.settings.page_size)), service.settings.max_page_size)
    found: list[Event] = []
    scanned = number
    while len(found) < limit and scanned < number + SCANNED:
        changes, newest = await service.changes(scanned, SLICE)
        for change in changes:
            if len(found) < limit:
                scanned = change.number
                if (event := view.see(change)) is not None:
                    found.append(event)
        if scanned >= newest.number:
            break
    following = {**given, "from": str(Position(service.incarnation, scanned))}
    headers = {
        "Antiphon-Position": str(Position(service.incarnation, scanned)),
        "Cache-Control": "no-cache",
        "Vary": "Accept",
        "Link": f'<{request.url.path}?{urlencode(following)}>; rel="next"',
    }
    body = b"[%b]" % b",".join(event.body for event in found)
    return Response(body, headers=headers, media_type=form)
