"""Forms: what browsers send without a script, as the same writes that every other client makes."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from antiphon.errors import Forbidden, Invalid, MethodNotAllowed, NotFound, Problem, nearest
from antiphon.faces.html.ask import Posted
from antiphon.faces.html.kept import Rendered
from antiphon.faces.html.parts import CALLERS, Part, Parts
from antiphon.faces.html.typed import arguments_of, changes_of, new_record, parse_form
from antiphon.operations import Context, Permitted
from antiphon.resources import Declaration
from antiphon.server.answers import PROBLEM, problem_body
from antiphon.server.bodies import read_body
from antiphon.server.cookies import refuse_other_sites
from antiphon.server.requests import CALLER, REQUEST_ID, WHOLE, WITHIN, Asked, context_of
from antiphon.server.takes import FORM
from antiphon.server.writes import add_one, parse_new, put_one, require_revision

App = Callable[[Any, Any, Any], Awaitable[None]]
METHODS = ("POST", "PUT", "PATCH", "DELETE")
CONTROLS = ("_next", "_from", "_method", "revision")
NO_CONTENT = (b"content-type", b"content-length", b"etag", b"location")


class Shows(Protocol):
    """What shows pages."""

    async def page(self, scope: Any, posted: Posted | None = None) -> Rendered: ...

    def respond(self, scope: Any, page: Rendered, status: int, headers: Mapping[str, str]) -> Response: ...

    def has(self, path: str) -> bool: ...


class Sent(Struct):
    """A form as it came: `next` is where to go then, `origin` the page that it was on, if known."""

    path: str
    method: str
    fields: dict[str, str]
    next: str | None
    origin: str | None
    revision: int


def is_form(scope: Any) -> bool:
    """Whether a request brings a form."""
    if scope["method"] != "POST":
        return False
    for name, value in scope["headers"]:
        if name == b"content-type":
            return bool(value.partition(b";")[0].strip().lower() == FORM.encode())
    return False


class Posting:
    """Answers forms: `POST /songs` creates, `POST /songs/12` changes what is given (or deletes, with
    `_method=DELETE`), `POST /songs/12/rename` acts; others are for the program's own routes.

    It then goes to the record, or to the form's `_next`. A form that is refused is shown again, on the page
    it was on, with what was typed, and what is wrong beside each field.
    """

    def __init__(self, parts: Parts, pages: Shows) -> None:
        self._parts = parts
        self._pages = pages

    async def __call__(self, rest: App, scope: Any, receive: Any, send: Any) -> None:
        """Answer a form; `rest` answers those to other addresses than records'.

        Raises:
            Forbidden: another site had the browser send it.
            Malformed, TooLarge, Stalled: it cannot be read.
            Invalid: `_next`, `_from` or `_method` is none.
        """
        _refuse_other_sites(scope)
        request = Asked(scope, receive)
        settings = next(iter(self._parts)).service().settings
        body = await read_body(request, settings.max_body_bytes, settings.body_seconds)
        sent = _sent(request, parse_form(body))
        write = None if self._is_own(scope, sent) else self._write_of(scope, sent)
        if write is None:
            await self._pass_on(rest, sent, scope, send)
            return
        try:
            place = await write(request)
        except Problem as problem:
            response = await self._refused(
                scope, sent, problem_body(problem, scope[REQUEST_ID]), problem.status, dict(problem.headers)
            )
        else:
            response = _see(sent.next or place, {})
        await response(scope, receive, send)

    def _is_own(self, scope: Any, sent: Sent) -> bool:
        """Whether a route of the program's own takes it."""
        asked = {**scope, "method": sent.method}
        return any(route.matches(asked)[0] == Match.FULL for part in self._parts for route in part.routes)

    def _write_of(self, scope: Any, sent: Sent) -> Callable[[Request], Awaitable[str]] | None:
        """The write that a form to a record's address asks for; None: it is none of such."""
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
        record = parse_new(declaration, new_record(declaration, sent.fields))

        def command(tx: Permitted) -> None:
            add_one(tx, declaration, record)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(record.id)}"

    async def _change(
        self, part: Part, declaration: Declaration[Any], id: str, sent: Sent, request: Request
    ) -> str:
        patch = changes_of(declaration, sent.fields)
        given = msgspec.json.decode(patch, type=dict[str, msgspec.Raw]).keys()

        def command(tx: Permitted) -> None:
            before = tx.stored(declaration, id)
            was = declaration.decode(before)
            tx.require_update(was)
            record, _ = declaration.merge(before, patch)
            require_revision(sent.revision, was.revision, declaration.name)
            put_one(tx, declaration, record, before, given=given)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(id)}"

    async def _remove(
        self, part: Part, declaration: Declaration[Any], id: str, sent: Sent, request: Request
    ) -> str:
        def command(tx: Permitted) -> None:
            before = tx.stored(declaration, id)
            require_revision(sent.revision, declaration.decode(before).revision, declaration.name)
            tx.remove(declaration, id, before)

        await part.service().write_as(command, _nothing, _context(part, request))
        return declaration.path

    async def _act(
        self, part: Part, declaration: Declaration[Any], id: str, name: str, sent: Sent, request: Request
    ) -> str:
        action = declaration.actions.get(name)
        if action is None:
            known = nearest(name[:80], list(declaration.actions)) if declaration.actions else "It has none."
            raise NotFound(f"{declaration.name} has no action {name[:80]!r}.", known)
        arguments = action.parse(arguments_of(action, sent.fields))

        def command(tx: Permitted) -> None:
            before = declaration.decode(tx.stored(declaration, id))
            require_revision(sent.revision, before.revision, declaration.name)
            tx.act(action, before, arguments)

        await part.service().write_as(command, _nothing, _context(part, request))
        return f"{declaration.path}/{quote(id)}"

    async def _pass_on(self, rest: App, sent: Sent, scope: Any, send: Any) -> None:
        """Have one of the program's own routes answer: what it says well becomes a way to go on."""
        body = urlencode(sent.fields).encode()  # without what is for us
        given = [False]

        async def receive() -> Any:
            if given[0]:
                return {"type": "http.disconnect"}
            given[0] = True
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [
            each for each in scope["headers"] if each[0] not in (b"content-length", b"transfer-encoding")
        ]
        headers.append((b"content-length", b"%d" % len(body)))
        own = {WHOLE: body, WITHIN: scope[REQUEST_ID]}
        inner = {**scope, "method": sent.method, "headers": headers, **own}
        answer = _Answer(send)
        await rest(inner, receive, answer)
        if (route := inner.get("route")) is not None:
            scope["route"] = route
        if answer.start is None:
            return
        told = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in answer.start["headers"]
            if name not in NO_CONTENT and name != b"set-cookie"
        }
        cookies = [value for name, value in answer.start["headers"] if name == b"set-cookie"]
        status = answer.start["status"]
        if answer.is_problem:
            scope |= {name: inner[name] for name in (CALLER, CALLERS) if name in inner}
            response = await self._refused(scope, sent, answer.body, status, told)
        else:
            response = _see(sent.next or sent.origin or "/", told)
        response.raw_headers += [(b"set-cookie", each) for each in cookies]
        await response(scope, receive, send)

    async def _refused(
        self, scope: Any, sent: Sent, document: bytes, status: int, headers: dict[str, str]
    ) -> Response:
        """The page that the form was on, with what is wrong; or else the problem."""
        problem: dict[str, Any] = msgspec.json.decode(document)
        typed = {name: value for name, value in sent.fields.items() if "password" not in name.lower()}
        posted = Posted(sent.path, typed, problem, _errors(problem))
        origin, _, query = (sent.origin or "").partition("?")
        places = ((unquote(origin), query), (sent.path + "/new", ""), (sent.path + "/edit", ""))
        for path, query in places:
            if not path or not self._pages.has(path):
                continue
            shown = {**scope, "method": "GET", "path": path, "query_string": query.encode()}
            try:
                page = await self._pages.page(shown, posted)
            except Problem:
                continue
            headers |= {"Cache-Control": "no-store", "HX-Push-Url": "false"}
            return self._pages.respond(shown, page, status, headers)
        return Response(document, status, headers, PROBLEM)


class _Answer:
    """Takes what a route answers: passes on what is a page or leads elsewhere, and keeps the rest."""

    def __init__(self, send: Any) -> None:
        self.start: Any = None
        self.is_problem = False
        self.body = b""
        self._send = send
        self._passes = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            self.is_problem = kind == PROBLEM.encode()
            done = 200 <= message["status"] < 300 and not kind.startswith(b"text/html")
            self._passes = not (self.is_problem or done)
            self.start = None if self._passes else message
        if self._passes:
            await self._send(message)
        elif self.is_problem:
            self.body += message.get("body", b"")


def _sent(request: Request, fields: dict[str, str]) -> Sent:
    path: str = request.scope["path"]
    own = {name: fields.pop(name) for name in CONTROLS if name in fields}
    method = own.get("_method", "POST").upper()
    if method not in METHODS:
        raise Invalid(f"_method is {method[:20]!r}.", f"Give one of: {', '.join(METHODS)}.")
    for name in ("_next", "_from"):
        if name in own and not is_local(own[name]):
            raise Invalid(f"{name} is {own[name][:80]!r}.", "Give a path of this site, such as /songs.")
    revision = own.get("revision", "")
    return Sent(
        path,
        method,
        fields,
        own.get("_next"),
        own.get("_from") or _referer(request),
        int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 19 else 0,
    )


def is_local(place: str) -> bool:
    """Whether a place is a path of this site, for every reader: browsers take `\\` for `/`, and leave out
    control characters (URL Standard, 4.4)."""
    return (
        place.startswith("/")
        and not place.startswith(("//", "/\\"))
        and place.isprintable()
        and "\\" not in place
    )


def _referer(request: Request) -> str | None:
    """The page of ours that a request comes from."""
    given = urlsplit(request.headers.get("referer", ""))
    if not given.netloc or given.netloc != request.headers.get("host", ""):
        return None
    place = given.path + (f"?{given.query}" if given.query else "")
    return place if is_local(place) else None


def _refuse_other_sites(scope: Any) -> None:
    try:
        refuse_other_sites(scope)
    except Forbidden:
        raise Forbidden(
            "A form of another site is not taken here.",
            "Send it from a page of this site; a program sends JSON.",
        ) from None


def _require_method(sent: Sent, *known: str) -> None:
    if sent.method not in known:
        raise MethodNotAllowed(
            f"A form does not {sent.method} {sent.path[:200]}.",
            f"Use one of: {', '.join(known)}.",
            headers={"Allow": "GET, HEAD, POST"},
        )


def _see(place: str, headers: Mapping[str, str]) -> Response:
    """Go on elsewhere, by GET (RFC 9110, 15.4.4)."""
    place = quote(place, safe="/%:@!$&'()*+,;=~-._?#[]")
    return Response(status_code=303, headers={**headers, "Location": place, "Cache-Control": "no-store"})


def _errors(problem: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each field; what is wrong with one alone may be said in the detail."""
    errors = {each["field"]: each["detail"] for each in problem.get("errors", ())}
    if not errors:
        name, colon, detail = problem["detail"].partition(": ")
        if colon and name.isidentifier():
            errors[name] = detail
    return errors


def _context(part: Part, request: Request) -> Context:
    return Context(part.caller(request.scope), trace=context_of(request).trace)


def _nothing(_: None) -> None:
    pass
