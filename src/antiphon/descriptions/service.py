"""The paths that every service has: its log as events, its health, its measures, its description."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from antiphon.descriptions.examples import ID, POSITION
from antiphon.descriptions.parameters import event_parameters, refer
from antiphon.descriptions.responses import ANY, READ, Kinds, Responses, headers
from antiphon.descriptions.schemas import POSITION as POSITION_PATTERN
from antiphon.descriptions.schemas import refer as schema
from antiphon.descriptions.sign_in import KEY_SET
from antiphon.descriptions.values import Json
from antiphon.resources import Declaration
from antiphon.server.answers import EVENT_STREAM, JSON
from antiphon.settings import Settings

TAG = "Service"
BATCH = "application/cloudevents-batch+json"


def service_paths(
    settings: Settings,
    responses: Responses,
    event: Json,
    logs: Mapping[str, str],
    resources: Sequence[str],
    *,
    key_set: bool,
) -> Json:
    """The path items, by path; `event` is an example, `logs` the path of each service's log.

    `resources` are the paths of those that the logs are of.

    `key_set`: whether there are keys that sign tokens.
    """

    def text(id: str, summary: str, description: str) -> Json:
        answer = {
            "description": description,
            "headers": headers("Cache-Control"),
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
        answers = {"200": responses.add(f"service.{id}", answer)}
        return _reads(f"service.{id}", summary, answers, ANY, responses)

    document = {
        "200": responses.add(
            "service.openapi",
            {
                "description": "The description (OpenAPI 3.1).",
                "headers": headers("ETag", "Cache-Control"),
                "content": {JSON: {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}},
            },
        ),
        "304": responses.add(
            "304.openapi",
            {
                "description": "The client has this answer already.",
                "headers": headers("ETag", "Cache-Control"),
            },
        ),
    }
    keys: Json = {}
    if key_set:
        shown = {"200": responses.add("service.keys", KEY_SET)}
        what = "The keys that tokens are checked with"
        keys["/.well-known/jwks.json"] = _reads("service.keys", what, shown, ANY, responses)
    return {
        **keys,
        **{path: _events(name, settings, responses, event, resources) for name, path in logs.items()},
        "/health/live": text("live", "Whether the process answers", "It does: `live`."),
        "/health/ready": text("ready", "Whether the store answers too", "It does: `ready`."),
        "/metrics": text("metrics", "Measures for Prometheus", "The measures, in Prometheus' text format."),
        "/openapi.json": _reads(
            "service.openapi", "This description", document, ANY, responses, [refer("If-None-Match")]
        ),
    }


def event_schema(declarations: Iterable[Declaration[Any]], records: dict[type, str]) -> Json:
    """One change as a CloudEvent 1.0 (JSON format)."""
    names = sorted({declaration.name.lower() for declaration in declarations})
    record = {"anyOf": [*(schema(name) for name in records.values()), {"type": "null"}]}
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "A change, as a CloudEvent 1.0. Its id is its position.",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "pattern": POSITION_PATTERN},
            "source": text | {"format": "uri-reference", "description": "The service."},
            "type": {
                "type": "string",
                "enum": [f"{name}.{kind}" for name in names for kind in ("added", "changed", "removed")],
            },
            "subject": text | {"description": "The path of the record."},
            "time": text | {"format": "date-time"},
            "datacontenttype": {"const": JSON},
            "caller": text | {"description": "Who made the change, if known; to itself and services."},
            "cause": text | {"description": "The changes that it reacts to; likewise."},
            "traceparent": text | {"description": "Its trace (W3C Trace Context); likewise."},
            "data": {
                "type": "object",
                "properties": {
                    "before": record | {"description": "The record before; null: there was none."},
                    "after": record | {"description": "The record after; null: it is gone."},
                },
                "required": ["before", "after"],
            },
        },
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "datacontenttype",
            "data",
        ],
    }


def _events(
    service: str, settings: Settings, responses: Responses, example: Json, resources: Sequence[str]
) -> Json:
    batch = {"schema": {"type": "array", "items": schema("Event")}, "example": [example]}
    stream = {
        "schema": {
            "type": "object",
            "description": "One event of the stream; `data` is the CloudEvent.",
            "properties": {
                "id": {"type": "string", "pattern": POSITION_PATTERN},
                "data": {"type": "string", "contentMediaType": JSON, "contentSchema": schema("Event")},
            },
        },
        "example": f"id: {POSITION}\ndata: {msgspec.json.encode(example).decode()}\n\n",
    }
    answer = {
        "description": "Events in the order of their positions. `Antiphon-Position` and `Link` lead on.",
        "headers": headers("Vary", "Cache-Control", sometimes=("Antiphon-Position", "Link")),
        "content": {BATCH: batch, JSON: batch, EVENT_STREAM: stream},
        "links": {
            "next": {
                "operationId": f"{service}.events",
                "description": "What comes after.",
                "parameters": {"from": "$response.header.Antiphon-Position"},
            }
        },
    }
    parameters = event_parameters(settings, resources)
    found = {"200": responses.add(f"{service}.events", answer)}
    summary = "The log of changes, as CloudEvents"
    return _reads(f"{service}.events", summary, found, READ, responses, parameters)


def _reads(
    id: str,
    summary: str,
    answers: Json,
    kinds: Kinds,
    responses: Responses,
    parameters: list[Json] | None = None,
) -> Json:
    """GET and HEAD, which answer alike, and OPTIONS."""
    shared: Json = {"tags": [TAG], "parameters": parameters or []}
    shared["responses"] = answers | responses.problems(kinds)
    return {
        "get": {"operationId": id, "summary": summary, **shared},
        "head": {"operationId": f"{id}.head", "summary": f"{summary}: the headers", **shared},
        **options(f"{id}.options", TAG, [], responses),
    }


def options(id: str, tag: str, parameters: list[Json], responses: Responses) -> Json:
    """OPTIONS of one address, by method."""
    answer = {"description": "The methods that apply here.", "headers": headers("Allow")}
    operation = {
        "operationId": id,
        "tags": [tag],
        "summary": "What applies here",
        "parameters": parameters,
        "responses": {"204": responses.add("204.options", answer)} | responses.problems(ANY),
    }
    return {"options": operation}


def event_example(declaration: Declaration[Any], record: Json | None) -> Json:
    """The event that tells of a new record."""
    return {
        "specversion": "1.0",
        "id": POSITION,
        "source": "/catalog",
        "type": f"{declaration.name.lower()}.added",
        "subject": f"{declaration.path}/{ID}",
        "time": "2026-01-31T12:00:00.000000Z",
        "datacontenttype": JSON,
        "data": {"before": None, "after": record},
    }
