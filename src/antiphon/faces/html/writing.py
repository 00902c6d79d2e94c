"""Writing by forms: records that are created, changed and deleted, and actions."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from antiphon.errors import MethodNotAllowed
from antiphon.faces.html.parts import Part, Parts
from antiphon.faces.html.sent import Sent
from antiphon.faces.html.typed import arguments_of, changes_of, new_record
from antiphon.operations import Context, Permitted
from antiphon.resources import Declaration
from antiphon.server.requests import context_of
from antiphon.server.writes import action_of, add_one, parse_new, put_one, require_revision

Write = Callable[[Request], Awaitable[str]]
"""Writes for whoever sent the request; returns where to go then. Raises what every write does."""


class Writing:
    """The writes that forms to records' addresses ask for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def find(self, sent: Sent) -> Write | None:
        """The write that a form asks for; None: it is to another address. Raises `MethodNotAllowed`."""
        path = sent.path
        head, _, last = path.rpartition("/")
        place, _, id = head.rpartition("/")
        if (found := self._parts.get(path)) is not None:
            _require_method(sent, "POST")
            return partial(self._create, *found, sent)
        if last and (found := self._parts.get(head)) is not None:
            _require_method(sent, "POST", "DELETE")
            remove = sent.method == "DELETE"
            return partial(self._remove if remove else self._change, *found, last, sent)
        if last and id and (found := self._parts.get(place)) is not None:
            _require_method(sent, "POST")
            return partial(self._act, *found, id, last, sent)
        return None

    async def _create(self, part: Part, declaration: Declaration[Any], sent: Sent, request: Request) -> str:
        record = parse_new(declaration, new_record(declaration, sent.fields()))

        def command(tx: Permitted) -> None:
            add_one(tx, declaration, record)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(record.id)}"

    async def _change(
        self, part: Part, declaration: Declaration[Any], id: str, sent: Sent, request: Request
    ) -> str:
        fields = sent.fields()
        revision = _taken_revision(fields)
        patch = changes_of(declaration, fields)
        given = msgspec.json.decode(patch, type=dict[str, msgspec.Raw]).keys()

        def command(tx: Permitted) -> None:
            before = tx.stored(declaration, id)
            was = declaration.decode(before)
            tx.require_update(was)
            record, _ = declaration.merge(before, patch)
            require_revision(revision, was.revision, declaration.name)
            put_one(tx, declaration, record, before, given=given)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(id)}"

    async def _remove(
        self, part: Part, declaration: Declaration[Any], id: str, sent: Sent, request: Request
    ) -> str:
        fields = sent.fields()
        revision = _taken_revision(fields)

        def command(tx: Permitted) -> None:
            before = tx.stored(declaration, id)
            require_revision(revision, declaration.decode(before).revision, declaration.name)
            tx.remove(declaration, id, before)

        await part.service().write_as(command, _nothing, _context(part, request))
        return declaration.path

    async def _act(
        self, part: Part, declaration: Declaration[Any], id: str, name: str, sent: Sent, request: Request
    ) -> str:
        action = action_of(declaration, name)
        fields = sent.fields()
        revision = _taken_revision(fields)
        arguments = action.parse(arguments_of(action, fields))

        def command(tx: Permitted) -> None:
            before = declaration.decode(tx.stored(declaration, id))
            require_revision(revision, before.revision, declaration.name)
            tx.act(action, before, arguments)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(id)}"


def _taken_revision(fields: dict[str, str]) -> int:
    """The revision that a form says the record has, taken out of its fields; 0 if it does not say."""
    given = fields.pop("revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


def _require_method(sent: Sent, *known: str) -> None:
    if sent.method not in known:
        raise MethodNotAllowed(
            f"A form does not {sent.method} {sent.path[:200]}.",
            f"Use one of: {', '.join(known)}.",
            headers={"Allow": "GET, HEAD, POST"},
        )


def _context(part: Part, request: Request) -> Context:
    return Context(part.caller(request.scope), trace=context_of(request).trace)


def _nothing(_: None) -> None:
    pass
