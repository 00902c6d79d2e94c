"""Forms: what browsers send without a script, as the same writes that every other client makes."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote

import msgspec
from starlette.responses import Response
from starlette.routing import Match

from antiphon.errors import Forbidden, Problem
from antiphon.faces.html.ask import Posted, whole
from antiphon.faces.html.kept import Rendered
from antiphon.faces.html.parts import Parts
from antiphon.faces.html.passing import App, pass_on
from antiphon.faces.html.sent import Sent, sent
from antiphon.faces.html.writing import Writing
from antiphon.server.answers import PROBLEM, problem_body
from antiphon.server.bodies import read_body
from antiphon.server.cookies import refuse_other_sites
from antiphon.server.requests import REQUEST_ID, Asked


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
            passed = await pass_on(rest, form, scope, send)
            if passed is None:
                return
            if passed.problem:
                response = await self._refused(scope, form, passed.body, passed.status, passed.headers)
            else:
                response = _see(form.next or form.origin or "/", passed.headers)
            response.raw_headers += passed.cookies
            await response(scope, receive, send)
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

    async def _refused(
        self, scope: Any, form: Sent, document: bytes, status: int, headers: dict[str, str]
    ) -> Response:
        """The page that the form was on, with what is wrong; or else the problem."""
        problem = whole(msgspec.json.decode(document))
        typed = {name: value for name, value in _typed(form).items() if "password" not in name.lower()}
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


def _typed(form: Sent) -> dict[str, str]:
    try:
        return form.fields()
    except Problem:  # which is what it was refused for
        return {}


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
