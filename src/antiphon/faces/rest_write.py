"""Writing over REST: records as JSON, one or many, and actions."""

from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import Invalid, Malformed, Problem
from antiphon.operations import Permitted, Service
from antiphon.resources import NAMED, Declaration, Resource, declare
from antiphon.server.answers import JSON, MERGE_PATCH
from antiphon.server.bodies import media_type, read_body
from antiphon.server.preconditions import record_tag, require
from antiphon.server.writes import (
    Answer,
    action_of,
    add_one,
    at_item,
    create_named,
    create_new,
    digest,
    parse_new,
    perform,
    put_one,
    require_revision,
    state_of,
)


async def create(request: Request, service: Service, declaration: Declaration[Any]) -> Response:
    """`POST /songs`: one record from a JSON object, or many from an array, in one transaction."""
    body = await _body(request, service)
    if body.lstrip()[:1] == b"[":
        items = _items(body)

        def many(tx: Permitted) -> Answer:
            return _several(tx, declaration, items, named=False)

        return await perform(request, service, partial(digest, body), many)
    record = parse_new(declaration, body)
    path = declaration.path

    def one(tx: Permitted) -> Answer:
        shown = add_one(tx, declaration, record)
        return Answer(201, shown, tx.number, state_of(record), f"{path}/{record.id}")

    return await perform(request, service, partial(digest, body), one)


async def put_many(request: Request, service: Service, declaration: Declaration[Any]) -> Response:
    """`PUT /songs`: a JSON array of records with ids, each created or replaced, in one transaction."""
    body = await _body(request, service)
    items = _items(body)
    return await perform(
        request, service, partial(digest, body), lambda tx: _several(tx, declaration, items, named=True)
    )


async def put(request: Request, service: Service, declaration: Declaration[Any], id: str) -> Response:
    """`PUT /songs/{id}`: create the record under this id, or replace it."""
    media_type(request, (JSON,))
    body = await _body(request, service)
    record = declaration.parse(body)
    if record.id not in ("", id):
        raise Invalid(
            f"id: the body says {record.id[:80]!r}, the URL {id[:80]!r}.", "Leave it out, or make them equal."
        )
    if not NAMED.fullmatch(id):
        raise Invalid(f"The id {id[:80]!r} cannot be used.", "Use 1 to 64 letters, digits, - and _.")
    expected = record.revision
    record.id = id

    def replace(tx: Permitted) -> Answer:
        before = tx.find(declaration, id)
        _require(request, service, declaration, before, expected)
        return put_one(tx, declaration, record, before)

    return await perform(request, service, partial(digest, body), replace)


async def patch(request: Request, service: Service, declaration: Declaration[Any], id: str) -> Response:
    """`PATCH /songs/{id}`: JSON Merge Patch (RFC 7396); null stands for null, or for the default."""
    media_type(request, (MERGE_PATCH, JSON))
    body = await _body(request, service)

    def merge(tx: Permitted) -> Answer:
        before = tx.stored(declaration, id)
        tx.require_update(declaration.decode(before))  # first: what a merge says, it says of what is stored
        record, expected = declaration.merge(before, body)
        _require(request, service, declaration, before, expected)
        given = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).keys()
        return put_one(tx, declaration, record, before, given=given)

    return await perform(request, service, partial(digest, body), merge)


async def delete(request: Request, service: Service, declaration: Declaration[Any], id: str) -> Response:
    """`DELETE /songs/{id}`."""

    def remove(tx: Permitted) -> Answer:
        before = tx.stored(declaration, id)
        _require(request, service, declaration, before, 0)
        tx.remove(declaration, id, before)
        return Answer(204, b"", tx.number)

    return await perform(request, service, bytes, remove)


async def act(
    request: Request, service: Service, declaration: Declaration[Any], id: str, name: str
) -> Response:
    """`POST /songs/{id}/NAME`: run an action."""
    action = action_of(declaration, name)
    body = b""
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        media_type(request, (JSON,))
        body = await _body(request, service)
    arguments = action.parse(body or b"{}")

    def run(tx: Permitted) -> Answer:
        before = tx.stored(declaration, id)
        _require(request, service, declaration, before, 0)
        result = tx.act(action, declaration.decode(before), arguments)
        if result is None:
            return Answer(204, b"", tx.number)
        state = state_of(result) if isinstance(result, Resource) else None
        return Answer(200, msgspec.json.encode(_shown(tx, result)), tx.number, state)

    return await perform(request, service, partial(digest, body), run)


def _shown(tx: Permitted, result: Any) -> Any:
    """What an action returned, with the records in it as its caller may see them; itself if it has none."""
    if isinstance(result, Resource):
        declaration = declare(type(result))
        return msgspec.Raw(tx.show(declaration, declaration.encode(result)))
    if isinstance(result, (list, tuple)):
        parts: dict[Any, Any] = dict(enumerate(result))
    elif isinstance(result, dict):
        parts = result
    elif isinstance(result, msgspec.Struct):
        parts = {each.encode_name: getattr(result, each.name) for each in msgspec.structs.fields(result)}
    else:
        return result
    shown = {name: _shown(tx, part) for name, part in parts.items()}
    if all(shown[name] is part for name, part in parts.items()):
        return result
    return list(shown.values()) if isinstance(result, (list, tuple)) else shown


def _several(
    tx: Permitted, declaration: Declaration[Any], items: list[msgspec.Raw], *, named: bool
) -> Answer:
    write_one = create_named if named else create_new
    found = []
    for place, item in enumerate(items):
        try:
            found.append(write_one(tx, declaration, bytes(item)))
        except Problem as problem:
            raise at_item(problem, place) from None
    return Answer(200 if named else 201, b'{"items":[%b]}' % b",".join(found), tx.number)


def _items(body: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body is not a JSON array: {error}.", "Send an array of objects.") from None


async def _body(request: Request, service: Service) -> bytes:
    settings = service.settings
    return await read_body(request, settings.max_body_bytes, settings.body_seconds)


def _require(
    request: Request, service: Service, declaration: Declaration[Any], before: bytes | None, expected: int
) -> None:
    revision = None if before is None else declaration.decode(before).revision
    tag = None if revision is None else record_tag(service.incarnation, revision, declaration.form)
    headers = request.headers
    require(tag, headers.get("if-match"), headers.get("if-none-match"), declaration.name)
    require_revision(expected, revision, declaration.name)
