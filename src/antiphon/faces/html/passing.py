"""Forms for the program's own routes: handed on as they came, and answered as browsers need it."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from antiphon.faces.html.parts import CALLERS
from antiphon.faces.html.sent import Sent
from antiphon.server.answers import JSON, PROBLEM
from antiphon.server.requests import CALLER, REQUEST_ID, WHOLE, WITHIN

App = Callable[[Any, Any, Any], Awaitable[None]]
NOT_HANDED_ON = (b"content-type", b"content-length", b"etag", b"location")
"""Headers of a body that is not sent."""


class Passed(Struct):
    """What a route answered: with a `problem`, or well, so that the browser is to go on elsewhere."""

    status: int
    headers: dict[str, str]
    cookies: list[tuple[bytes, bytes]]
    body: bytes
    problem: bool


async def pass_on(rest: App, form: Sent, scope: Any, send: Any) -> Passed | None:
    """Have a route answer; None if what it answers is what the browser gets: a page, a file, a way elsewhere.

    It gets the form as it came, but for the fields that say where to go.
    """
    given = False

    async def receive() -> Any:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": form.body, "more_body": False}

    framing = (b"content-length", b"transfer-encoding")
    headers = [each for each in scope["headers"] if each[0] not in framing]
    headers.append((b"content-length", b"%d" % len(form.body)))
    inner = {
        **scope,
        "method": form.method,
        "headers": headers,
        WHOLE: form.body,
        WITHIN: scope[REQUEST_ID],
    }
    answer = _Answer(send)
    await rest(inner, receive, answer)
    scope |= {name: inner[name] for name in ("route", CALLER, CALLERS) if name in inner}
    if answer.start is None:
        return None
    told = answer.start["headers"]
    return Passed(
        answer.start["status"],
        {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in told
            if name not in NOT_HANDED_ON and name != b"set-cookie"
        },
        [each for each in told if each[0] == b"set-cookie"],
        answer.body,
        answer.problem,
    )


class _Answer:
    """Takes what a route answers: keeps problems, and what only programs read; passes on the rest."""

    def __init__(self, send: Any) -> None:
        self.start: Any = None
        self.problem = False
        self.body = b""
        self._send = send
        self._passes = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            self.problem = kind == PROBLEM.encode()
            done = 200 <= message["status"] < 300 and kind in (b"", JSON.encode())
            self._passes = not (self.problem or done)
            self.start = None if self._passes else message
        if self._passes:
            await self._send(message)
        elif self.problem:
            self.body += message.get("body", b"")
