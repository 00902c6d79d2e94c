"""Writing: create, replace, change, delete, one or many; and actions."""

import types
from typing import Any, Union, get_args, get_origin

from antiphon.descriptions.examples import ID, create_example, example, media_type, patch_example
from antiphon.descriptions.parameters import refer
from antiphon.descriptions.responses import ACT, DELETE, REPLACE, SEND, UPDATE, headers
from antiphon.descriptions.schemas import arguments_schema
from antiphon.descriptions.schemas import refer as schema
from antiphon.descriptions.subject import Subject
from antiphon.descriptions.values import Json
from antiphon.resources import Action
from antiphon.server.answers import JSON, MERGE_PATCH, NDJSON

KEY = "Idempotency-Key"
CONDITIONS = ("If-Match", "If-None-Match.write", KEY)
WRITTEN = ("Antiphon-Position", "Cache-Control")
REPLAYED = "Idempotency-Replayed"


def collection_writes(subject: Subject) -> Json:
    """POST and PUT of a collection."""
    new = create_example(subject.declaration, subject.schemas, subject.name)
    record = subject.example()
    many = {
        "description": "The records as they are now, in the order sent.",
        "headers": headers(*WRITTEN, sometimes=[REPLAYED]),
        "content": _items(subject, schema(f"{subject.name}.Items"), record and {"items": [record]}),
    }
    either = {"oneOf": [schema(subject.name), schema(f"{subject.name}.Items")]}
    created = {
        "description": "The new record; for an array or NDJSON, the new records in the order sent.",
        "headers": headers(*WRITTEN, sometimes=["ETag", "Location", REPLAYED]),
        "content": _items(subject, either, record),
        "links": subject.record_links("$response.body#/id"),
    }
    return {
        "post": subject.operation(
            "create",
            f"Create {subject.words}",
            "One from an object, or many from an array or from NDJSON, in one transaction.",
            parameters=[refer(KEY)],
            requestBody=_body(subject, "Create", new, one=True),
            responses={"201": created, **subject.responses.problems(SEND)},
        ),
        "put": subject.operation(
            "put-many",
            f"Create or replace {subject.words}",
            "Each names its id; all are written in one transaction. One that is the same stays as it is.",
            parameters=[refer(KEY)],
            requestBody=_body(subject, "Named", None if new is None else {"id": ID, **new}, one=False),
            responses={"200": many, **subject.responses.problems(SEND)},
        ),
    }


def record_writes(subject: Subject) -> Json:
    """PUT, PATCH and DELETE of a record."""
    parameters = [refer("id"), *(refer(key) for key in CONDITIONS)]
    new = create_example(subject.declaration, subject.schemas, subject.name)
    change = patch_example(subject.declaration, subject.schemas, subject.name)
    put = {JSON: media_type(schema(f"{subject.name}.Replace"), new)}
    patch = {
        kind: media_type(schema(f"{subject.name}.Patch"), change or None) for kind in (MERGE_PATCH, JSON)
    }
    deleted = {"description": "It is gone.", "headers": headers(*WRITTEN, sometimes=[REPLAYED])}
    return {
        "put": subject.operation(
            "put",
            f"Create or replace {subject.one}",
            parameters=parameters,
            requestBody={"required": True, "content": put},
            responses={
                "200": _stored(subject, "The record, replaced; or the same as before."),
                "201": _stored(subject, "The new record.", "Location"),
                **subject.responses.problems(REPLACE),
            },
        ),
        "patch": subject.operation(
            "patch",
            f"Change {subject.one}",
            parameters=parameters,
            requestBody={"required": True, "content": patch},
            responses={"200": _stored(subject, "The record, changed."), **subject.responses.problems(UPDATE)},
        ),
        "delete": subject.operation(
            "delete",
            f"Delete {subject.one}",
            parameters=parameters,
            responses={"204": deleted, **subject.responses.problems(DELETE)},
        ),
    }


def action_write(subject: Subject, action: Action) -> Json:
    """POST that runs an action."""
    body = arguments_schema(action, subject.values)
    example_body = example(body, subject.schemas, action.name)
    summary, _, more = action.meaning.partition("\n")
    return {
        "post": subject.operation(
            f"actions.{action.name}",
            summary,
            more.strip(),
            parameters=[refer("id"), *(refer(key) for key in CONDITIONS)],
            requestBody={
                "required": bool(body.get("required")),
                "content": {JSON: media_type(body, example_body)},
            },
            responses={**_outcomes(subject, action), **subject.responses.problems(ACT)},
        )
    }


def _outcomes(subject: Subject, action: Action) -> Json:
    """What an action answers: what it returns, or nothing where it returns None or does not say."""
    result = action.result
    several = get_args(result) if get_origin(result) in (Union, types.UnionType) else (result,)
    shown = headers(*WRITTEN, sometimes=["ETag", REPLAYED])
    found: Json = {}
    if any(each not in (None, types.NoneType) for each in several):
        found["200"] = {
            "description": "What the action gave back.",
            "headers": shown,
            "content": {JSON: {"schema": subject.values.of(result)}},
        }
    if any(each in (None, types.NoneType, Any) for each in several):
        found["204"] = {"description": "It is done; there is nothing to give back.", "headers": shown}
    return found


def _stored(subject: Subject, description: str, *more: str) -> Json:
    return {
        "description": description,
        "headers": headers(*WRITTEN, "ETag", *more, sometimes=[REPLAYED]),
        "content": {JSON: media_type(schema(subject.name), subject.example())},
        "links": subject.record_links("$request.path.id"),
    }


def _items(subject: Subject, answer: Json, shown: Json | None) -> Json:
    """The records of an answer to many, or to one, in both forms."""
    lines = {"type": "array", "description": "One record a line.", "items": schema(subject.name)}
    return {JSON: media_type(answer, shown), NDJSON: media_type(lines, subject.lines(subject.example()))}


def _body(subject: Subject, part: str, new: Json | None, *, one: bool) -> Json:
    record = schema(f"{subject.name}.{part}")
    many = {"type": "array", "items": record}
    lines = {
        "type": "array",
        "description": "One record a line; at least one.",
        "items": record,
        "minItems": 1,
    }
    json = media_type({"oneOf": [record, many]} if one else many, new if one or new is None else [new])
    return {
        "required": True,
        "content": {JSON: json, NDJSON: media_type(lines, subject.lines(new))},
    }
