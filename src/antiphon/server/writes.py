"""Writes over HTTP: their answers, and the memory that makes a repeated request harmless."""

from collections.abc import Callable, Collection
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import (
    FieldError,
    Invalid,
    InvalidHeader,
    KeyReused,
    NotFound,
    PreconditionFailed,
    Problem,
    TooLarge,
    nearest,
)
from antiphon.log import Position
from antiphon.operations import Permitted, Remembered, Service
from antiphon.resources import NAMED, Action, Declaration, Resource, declare
from antiphon.server.answers import JSON
from antiphon.server.preconditions import record_tag
from antiphon.server.requests import context_of

LONGEST_KEY = 255


class Answer(Struct, array_like=True):
    """An answer to a write, as it is given and remembered.

    `state` is what `state_of` tells of the one record it is; None if it is not one.
    """

    status: int
    body: bytes
    number: int = 0
    state: tuple[int, str] | None = None
    location: str = ""
    media_type: str = JSON


def state_of(record: Resource) -> tuple[int, str]:
    """The revision and the form of a record, which make its entity tag."""
    return record.revision, declare(type(record)).form


def digest(*pieces: bytes) -> bytes:
    """What tells one request body from another."""
    found = blake2b(digest_size=16)
    for piece in pieces:
        found.update(piece)
    return found.digest()


def parse_new(declaration: Declaration[Any], body: bytes) -> Any:
    """A record to create under an id of ours; raises `Malformed`, `Invalid`."""
    record = declaration.parse(body)
    if record.id or record.revision:
        raise Invalid(
            "id and revision are given by the service.",
            f"Leave them out; or name the record yourself with PUT {declaration.path}/ID.",
        )
    return record


def action_of(declaration: Declaration[Any], name: str) -> Action:
    """The action of this name; raises `NotFound`."""
    found = declaration.actions.get(name)
    if found is None:
        known = nearest(name[:80], list(declaration.actions)) if declaration.actions else "It has none."
        raise NotFound(f"{declaration.name} has no action {name[:80]!r}.", known)
    return found


def put_one(
    tx: Permitted,
    declaration: Declaration[Any],
    record: Any,
    before: bytes | None,
    *,
    given: Collection[str] | None = None,
) -> Answer:
    """Create or replace one checked record; `given`: see `Permitted.replace`."""
    location = f"{declaration.path}/{record.id}"
    if before is None:
        tx.add(record)
        return Answer(201, _shown(tx, declaration, record), tx.number, state_of(record), location)
    changed = tx.number
    record = tx.replace(record, before, given=given)
    shown = tx.show(declaration, before) if tx.number == changed else _shown(tx, declaration, record)
    return Answer(200, shown, tx.number, state_of(record))


def add_one(tx: Permitted, declaration: Declaration[Any], record: Any) -> bytes:
    """Create a checked record; returns it as its creator is shown it."""
    tx.add(record)
    return _shown(tx, declaration, record)


def _shown(tx: Permitted, declaration: Declaration[Any], record: Any) -> bytes:
    """The record as it was just stored; a change that went to the log already is not at hand any more."""
    last = tx.last()
    return tx.show(declaration, (last and last.after_json) or declaration.encode(record))


def create_named(tx: Permitted, declaration: Declaration[Any], body: bytes) -> bytes:
    """Create or replace the record in `body` under the id that it names; returns it as stored.

    Raises:
        Malformed, Invalid: it cannot be read, or breaks its declaration.
        PreconditionFailed: it says another revision than the stored record's.
    """
    record = declaration.parse(body)
    if not NAMED.fullmatch(record.id):
        raise Invalid("id: a record to put names its id.", "Use 1 to 64 letters, digits, - and _.")
    before = tx.find(declaration, record.id)
    revision = None if before is None else declaration.decode(before).revision
    require_revision(record.revision, revision, declaration.name)
    return put_one(tx, declaration, record, before).body


def create_new(tx: Permitted, declaration: Declaration[Any], body: bytes) -> bytes:
    """Create the record in `body` under an id of ours; returns it as stored. Raises as `parse_new` does."""
    return add_one(tx, declaration, parse_new(declaration, body))


def require_revision(expected: int, revision: int | None, what: str) -> None:
    """Hold a write to the revision that its body names, if it names one (0: none).

    Raises:
        PreconditionFailed: the record has another, or there is none.
    """
    if expected and expected != revision:
        raise PreconditionFailed(
            f"The body has the revision {expected}; the {what} has {revision or 'none: it does not exist'}.",
            "Read it again, and apply your change to what it is now; or leave the revision out.",
        )


def at_item(problem: Problem, place: int) -> Problem:
    """The same problem, naming which of many records it is about, from 0."""
    errors = [FieldError(each.field, each.detail, place) for each in problem.errors]
    return type(problem)(f"item {place}: {problem.detail}", problem.hint, errors=errors)


async def perform(
    request: Request, service: Service, body: Callable[[], bytes], command: Callable[[Permitted], Answer]
) -> Response:
    """Run a write and answer; under an idempotency key, as the first time. `body` makes the body's digest."""
    key = request.headers.get("idempotency-key")
    context = context_of(request)

    def respond(answer: Answer, *, replayed: bool = False) -> Response:
        return _response(request, service, answer, replayed=replayed)

    if key is None:
        return await service.write_as(command, respond, context)
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidHeader(
            f"Idempotency-Key has {len(key)} characters.", f"Choose 1 to {LONGEST_KEY}, such as a UUID."
        )
    target = f"{request.method} {request.scope['path']}?".encode() + request.scope["query_string"]
    fingerprint = digest(target, b"\n", body())

    def once(tx: Permitted) -> tuple[Answer, bool]:
        remembered = tx.recall(key)
        if remembered is not None:
            if remembered.fingerprint != fingerprint:
                raise KeyReused(
                    f"The Idempotency-Key {key!r} came with another request before.",
                    "Choose a new key for a new request.",
                )
            return msgspec.msgpack.decode(remembered.answer, type=Answer), True
        answer = command(tx)
        if len(answer.body) > service.settings.max_body_bytes:
            raise TooLarge("The answer is too long to be remembered.", "Send the records in parts.")
        tx.remember(key, Remembered(fingerprint, msgspec.msgpack.encode(answer)))
        return answer, False

    return await service.write_as(once, lambda made: respond(made[0], replayed=made[1]), context)


def _response(request: Request, service: Service, answer: Answer, *, replayed: bool) -> Response:
    response = Response(
        answer.body, answer.status, media_type=None if answer.status == 204 else answer.media_type
    )
    at = Position(service.incarnation, answer.number)
    headers = [(b"antiphon-position", str(at).encode()), (b"cache-control", b"no-store")]
    if answer.state is not None:
        headers.append((b"etag", record_tag(service.incarnation, *answer.state).encode()))
    if answer.location:
        location = request.scope.get("root_path", "") + answer.location
        headers.append((b"location", location.encode("latin-1")))
    if replayed:
        headers.append((b"idempotency-replayed", b"true"))
    response.raw_headers += headers
    return response
