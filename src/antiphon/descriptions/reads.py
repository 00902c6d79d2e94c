"""Reading: a collection as pages, lines and a stream; a record."""

from antiphon.descriptions.examples import CURSOR, ID, POSITION, media_type
from antiphon.descriptions.parameters import refer
from antiphon.descriptions.responses import PAGE, RECORD, headers
from antiphon.descriptions.schemas import POSITION as POSITION_PATTERN
from antiphon.descriptions.schemas import refer as schema
from antiphon.descriptions.subject import Subject
from antiphon.descriptions.values import Json
from antiphon.server.answers import EVENT_STREAM, JSON, NDJSON

LISTING = """Filters of different fields are and-ed.

As `application/x-ndjson`: all that matches, from one snapshot, without pages.

As `text/event-stream`: first what matches now (`present`), then `live`, then every change (`added`,
`changed`, `removed`) once and in order; with `from` or `Last-Event-ID` only the changes after that position.
`order` with `limit` follows the first records of that order."""


def collection_reads(subject: Subject) -> Json:
    """GET and HEAD of a collection."""
    conditions = [refer(key) for key in ("If-None-Match", "Antiphon-Min-Position", "Last-Event-ID")]
    parameters = [*subject.paging(), refer("from"), *conditions, *subject.filters()]
    record = subject.example()
    page = record and {"items": [record], "next": f"{subject.path}?limit=1&after={CURSOR}"}
    lines = {
        "type": "array",
        "description": "One record a line.",
        "items": schema(f"{subject.name}.Selection"),
    }
    found = {
        "description": "What matches.",
        "headers": headers("Vary", "Cache-Control", sometimes=("Antiphon-Position", "ETag", "Link")),
        "content": {
            JSON: media_type(schema(f"{subject.name}.Page"), page),
            NDJSON: media_type(lines, subject.lines(record)),
            EVENT_STREAM: media_type(event_schema(subject), subject.events()),
        },
        "links": {
            "first": subject.link("read", "Read the first of them.", id="$response.body#/items/0/id"),
            "next": subject.link("list", "The next page: take the URL in `next` as it is."),
            "follow": subject.link(
                "list",
                "Follow what changes after this answer, as `text/event-stream`.",
                **{"from": "$response.header.Antiphon-Position"},
            ),
        },
    }
    responses = {
        "200": subject.responses.add(subject.id_of("list"), found),
        "304": _unchanged(subject),
        **subject.responses.problems(PAGE),
    }
    return {
        "get": subject.operation(
            "list",
            f"List, export or follow {subject.words}",
            LISTING,
            parameters=parameters,
            responses=responses,
        ),
        "head": subject.operation(
            "head",
            f"The headers of a list of {subject.words}",
            parameters=parameters,
            responses=responses,
        ),
    }


def record_reads(subject: Subject) -> Json:
    """GET and HEAD of a record."""
    parameters = [refer("id"), subject.fields(), refer("If-None-Match"), refer("Antiphon-Min-Position")]
    found = {
        "description": "The record; with `fields`, a part of it.",
        "headers": headers("Antiphon-Position", "ETag", "Vary", "Cache-Control"),
        "content": {
            JSON: media_type(
                {"anyOf": [schema(subject.name), schema(f"{subject.name}.Selection")]}, subject.example()
            )
        },
        "links": subject.record_links("$request.path.id"),
    }
    responses = {
        "200": subject.responses.add(subject.id_of("read"), found),
        "304": _unchanged(subject),
        **subject.responses.problems(RECORD),
    }
    return {
        "get": subject.operation("read", f"Read {subject.one}", parameters=parameters, responses=responses),
        "head": subject.operation(
            "check", f"The headers of {subject.one}", parameters=parameters, responses=responses
        ),
    }


def event_schema(subject: Subject) -> Json:
    """One event of a stream (HTML Living Standard, 9.2)."""
    data = {
        "anyOf": [
            schema(f"{subject.name}.Selection"),
            {"type": "object", "properties": {"position": {"type": "string"}}, "required": ["position"]},
            schema("Problem"),
        ]
    }
    return {
        "type": "object",
        "description": "One event.",
        "properties": {
            "event": {
                "type": "string",
                "enum": ["present", "live", "added", "changed", "removed", "gone"],
                "description": "What happened: a record is there, the list is complete, a record came, "
                "changed or left; or the position is no longer kept, and the stream ends.",
            },
            "id": {
                "type": "string",
                "pattern": POSITION_PATTERN,
                "description": "The position to go on from. Alone it moves a quiet follower on.",
                "examples": [POSITION],
            },
            "data": {
                "type": "string",
                "contentMediaType": JSON,
                "contentSchema": data,
                "description": "The record; for `removed` its id and revision alone.",
                "examples": [f'{{"id":"{ID}","revision":42}}'],
            },
        },
    }


def _unchanged(subject: Subject) -> Json:
    return subject.responses.add(
        "304",
        {
            "description": "The client has this answer already.",
            "headers": headers("ETag", "Vary", "Cache-Control", sometimes=("Antiphon-Position",)),
        },
    )
