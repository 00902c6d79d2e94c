"""The application that tests of callers serve: notes of one's own, with sign-in in a route."""

import os

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from antiphon import (
    Access,
    Application,
    Callers,
    Issuer,
    Resource,
    Slowdown,
    Tokens,
    anyone,
    caller,
    errors,
    field,
    nobody,
    serve,
    session_cookie,
    signed_in,
    where,
)


class Note(Resource):
    text: str
    author: str = field(default=caller.id, index=True)

    mine = where(author=caller.id)
    access = Access(read=anyone, create=signed_in, update=mine, delete=mine)


class Ended(Resource, path="/ended"):
    access = Access(read=nobody, create=signed_in, update=nobody, delete=nobody)


tokens = Tokens(issuer="https://notes.example")
slowdown = Slowdown()


async def sign_in(request: Request) -> Response:
    """Sign in with a name; the password is the name backwards."""
    given = await request.json()
    address = "" if request.client is None else request.client.host
    slowdown.attempt(given["name"], address)
    if given["password"] != given["name"][::-1]:
        raise errors.NotSignedIn("The name or the password is wrong.", "Check both.")
    slowdown.succeeded(given["name"], address)
    token = tokens.issue(given["name"], session=given.get("session"), seconds=given.get("seconds", 900))
    return JSONResponse({"access_token": token}, headers={"Set-Cookie": session_cookie(request, token, 900)})


async def make_key(request: Request) -> Response:
    """A key for a device."""
    given = await request.json()
    return JSONResponse({"key": tokens.issue_key(given["name"], session=given["session"])})


if keys := os.environ.get("KEYS_OF_OTHERS"):
    others = Issuer("https://accounts.example", keys, "notes", prefix="accounts:")
    identify = Callers(tokens, others)
else:
    identify = Callers(tokens)

app = Application(
    Note,
    Ended,
    name="notes",
    identify=identify,
    revocations=Ended,
    routes=[Route("/sign-in", sign_in, methods=["POST"]), Route("/keys", make_key, methods=["POST"])],
)

if __name__ == "__main__":
    serve(app)
