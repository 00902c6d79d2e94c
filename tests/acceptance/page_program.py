"""The application that tests of pages serve: notes that their authors alone may see, and pages of its own."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import (
    Access,
    Application,
    Ask,
    Caller,
    Membership,
    Pages,
    Ref,
    Resource,
    Tokens,
    Transaction,
    action,
    anyone,
    caller,
    errors,
    field,
    nobody,
    serve,
    session_cookie,
    signed_in,
    takes,
    where,
)


class Member(Resource):
    """Who is in which group."""

    person: str = field(index=True)
    group: str = field(index=True)

    access = Access(read=anyone, create=anyone, update=nobody, delete=anyone)


class Shelf(Resource, path="/shelves"):
    name: str = field(min_length=1, max_length=100, unique=True, folded=True, example="upper left")


class Note(Resource):
    text: str = field(min_length=1, max_length=20_000, description="What there is to remember.")
    author: str = field(default=caller.id, index=True, set_once=True)
    audience: str | None = field(default=None, index=True)
    shelf: Ref[Shelf] | None = None
    pages: int = field(default=1, ge=1, le=1000, unit="p")
    mood: Literal["calm", "wild"] | None = None
    urgent: bool = False
    due: datetime | None = None
    day: date | None = None
    tags: list[str] = field(default_factory=list)

    mine = where(author=caller.id)
    access = Access(
        read=mine | where(audience="all") | where(audience=caller.groups),
        create=signed_in,
        update=mine,
        delete=mine,
    )


class Ended(Resource, path="/ended"):
    access = Access(read=nobody, create=signed_in, update=nobody, delete=nobody)


@action(Note)
def append(note: Note, more: str, tx: Transaction) -> Note:
    """Write something behind it."""
    return tx.update(note, text=note.text + more)


class Credentials(Struct, forbid_unknown_fields=True):
    name: str
    password: str


tokens = Tokens(issuer="https://notes.example")


@takes(Credentials, form=True)
async def open_session(request: Request, given: Credentials) -> Response:
    """Sign in; the password is the name backwards."""
    if given.password != given.name[::-1]:
        raise errors.NotSignedIn("The name or the password is wrong.", "Check both.")
    token = tokens.issue(given.name, session=f"session-of-{given.name}", seconds=900)
    return Response(status_code=204, headers={"Set-Cookie": session_cookie(request, token, 900)})


async def close_session(request: Request) -> Response:
    """Sign out."""
    return Response(status_code=204, headers={"Set-Cookie": session_cookie(request)})


HERE = Path(__file__).parent
pages = Pages(templates=HERE / "page_templates", static=HERE / "page_templates", filters={"shout": str.upper})


@pages.common
async def around(ask: Ask) -> dict[str, Any]:
    """Who is signed in, for the header."""
    who: Caller = ask.caller
    return {"me": who.id}


@pages.view("/desk", template="desk.html")
async def desk(ask: Ask) -> dict[str, Any]:
    """The newest notes, and how many shelves there are."""
    notes = await ask.page("/notes", order="-id", limit=10, after=ask.query.get("after"))
    first = await ask.find("/shelves", order="name")
    return {"notes": notes, "shelves": await ask.count("/shelves"), "first": first}


@pages.view("/log", template="log.html")
async def log(ask: Ask) -> dict[str, Any]:
    """What happened last."""
    paths = ("/shelves",) if "shelves" in ask.query else None
    return {"changes": await ask.changes(limit=5, paths=paths)}


@pages.view("/people/{name}", template="person.html")
async def person(ask: Ask) -> dict[str, Any]:
    """What is in the address, as it was meant."""
    return {"name": ask.path["name"], "query": ask.query}


@pages.view("/slow", template="slow.html")
async def slow(ask: Ask) -> dict[str, Any]:
    """A page that waits, as one that asks elsewhere does."""
    await asyncio.sleep(0.05)
    return {"shelves": await ask.count("/shelves")}


@pages.view("/broken", template="slow.html")
async def broken(ask: Ask) -> dict[str, Any]:
    """A page that fails."""
    raise RuntimeError("a mistake")


app = Application(
    Note,
    Shelf,
    Member,
    Ended,
    name="notes",
    title="Notes",
    identify=tokens,
    groups=Membership(Member, member="person", group="group"),
    revocations=Ended,
    pages=pages,
    routes=[
        Route("/session", open_session, methods=["POST"]),
        Route("/session", close_session, methods=["DELETE"]),
    ],
)

if __name__ == "__main__":
    serve(app)
