"""Forms: what browsers send without a script, as the same writes that every other client makes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import Match

from antiphon.errors import Forbidden, Problem
from antiphon.faces.html.ask import Posted
from antiphon.faces.html.kept import Rendered
from antiphon.faces.html.parts import CALLERS, Parts
from antiphon.faces.html.sent import Sent, sent
from antiphon.faces.html.writing import Writing
from antiphon.server.answers import PROBLEM, problem_body
from antiphon.server.bodies import read_body
from antiphon.server.cookies import refuse_other_sites
from antiphon.server.requests import CALLER, REQUEST_ID, WHOLE, WITHIN, Asked

App = Callable[[Any, Any, Any], Awaitable[None]]
NO_CONTENT = (b"content-type", b"content-length", b"etag", b"location")


class Shows(Protocol):
    """What shows pages."""

    async def page(self, scope: Any, posted: Posted | None = None) -> Rendered: ...

    def respond(self, scope: Any, page: Rendered, status: int, headers: Mapping[str, str]) -> Response: ...

    def has(self, path: str) -> bool: ...


class Posting:
    """Answers forms: `POST /songs` creates, `POST /songs/12` changes what is given (or deletes, with
    `_method=DELETE`), `POST /songs/12/rename` acts; others are for the program's own routes.

    It then goes to the record, or to the form's `_next`. A form that is refused is shown again, on the page
    it was on, with what was typed, and what is wrong beside each field.
    """

    def __init__(self, parts: Parts, pages: Shows) -> None:
        self._parts = parts
        self._writing = Writing(parts)
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
        form = sent(request, body)
        write = None if self._is_own(scope, form) else self._writing.find(form)
        if write is None:
            await self._pass_on(rest, form, scope, send)
            return
        try:
            place = await write(request)
        except Problem as problem:
            response = await self._refused(
                scope, form, problem_body(problem, scope[REQUEST_ID]), problem.status, dict(problem.headers)
            )
        else:
            response = _see(form.next or place, {})
        await response(scope, receive, send)

    def _is_own(self, scope: Any, form: Sent) -> bool:
        """Whether a route of the program's own takes it."""
        asked = {**scope, "method": form.method}
        return any(route.matches(asked)[0] == Match.FULL for part in self._parts for route in part.routes)

    async def _pass_on(self, rest: App, form: Sent, scope: Any, send: Any) -> None:
        """Have one of the program's own routes answer: what it says well becomes a way to go on."""
        body = urlencode(form.fields).encode()  # without what is for us
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
        inner = {**scope, "method": form.method, "headers": headers, **own}
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
            response = await self._refused(scope, form, answer.body, status, told)
        else:
            response = _see(form.next or form.origin or "/", told)
        response.raw_headers += [(b"set-cookie", each) for each in cookies]
        await response(scope, receive, send)

    async def _refused(
        self, scope: Any, form: Sent, document: bytes, status: int, headers: dict[str, str]
    ) -> Response:
        """The page that the form was on, with what is wrong; or else the problem."""
        problem: dict[str, Any] = msgspec.json.decode(document)
        typed = {name: value for name, value in form.fields.items() if "password" not in name.lower()}
        posted = Posted(form.path, typed, problem, _errors(problem))
        origin, _, query = (form.origin or "").partition("?")
        places = ((unquote(origin), query), (form.path + "/new", ""), (form.path + "/edit", ""))
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


def _refuse_other_sites(scope: Any) -> None:
    try:
        refuse_other_sites(scope)
    except Forbidden:
        raise Forbidden(
            "A form of another site is not taken here.",
            "Send it from a page of this site; a program sends JSON.",
        ) from None


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
