"""Signing in: `/tokens` for programs, `/session` for browsers, and signing out again."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application, Tokens, Transaction, errors, session_cookie, takes

from .asking import SignIns, agent_of, answer, known, refuse_others
from .passwords import GivenPassword
from .resources import Session, User
from .sessions import Begun, begin, end, refresh


class Grant(Struct, forbid_unknown_fields=True):
    """What tokens are given for: a name and a password, or a refresh token."""

    name: str | None = None
    password: GivenPassword | None = None
    refresh_token: str | None = None


class Credentials(Struct, forbid_unknown_fields=True):
    """A name and a password."""

    name: str
    password: GivenPassword


def sign_in_routes(tokens: Tokens, sign_ins: SignIns) -> list[Route]:
    """`POST /tokens`; `GET`, `POST` and `DELETE /session`; `DELETE /sessions/{id}`."""

    @takes(Grant)
    async def grant(request: Request, given: Grant) -> Response:
        """Sign in with `name` and `password`, or go on with `refresh_token`.

        `access_token` is good for `expires_in` seconds, in `Authorization: Bearer`. Each `refresh_token` is
        good once: one that comes again ends the session. 401 for an unknown name and a wrong password alike;
        429 with `Retry-After` after failures.
        """
        app: Application = request.app
        if given.refresh_token is not None and given.name is given.password is None:
            token = given.refresh_token
            found, position = await app.write(lambda tx: refresh(tx, token), request)
            if found is None:
                raise errors.NotSignedIn(
                    "The refresh token was used before, or its session is over.", "Sign in again."
                )
            begun = found
        elif given.name is not None and given.password is not None and given.refresh_token is None:
            user = await sign_ins.user(request, given.name, given.password)
            begun, position = await app.write(lambda tx: _begin(tx, user, request), request)
        else:
            raise errors.Invalid("These are no credentials.", "Send name and password, or refresh_token.")
        return answer(200, begun.issue(tokens), position)

    @takes(Credentials, form=True)
    async def open_session(request: Request, given: Credentials) -> Response:
        """Sign in from a browser: sets a cookie that scripts cannot read, good for 12 hours.

        A form or JSON. Answered as `POST /tokens` is, but with no tokens in the body.
        """
        app: Application = request.app
        refuse_others(request)
        user = await sign_ins.user(request, given.name, given.password)
        begun, position = await app.write(lambda tx: _begin(tx, user, request, cookie=True), request)
        return answer(204, None, position, cookie=begun.cookie(request, tokens))

    async def show_session(request: Request) -> Response:
        """Who you are: your user's id and name, your roles, your session."""
        who = known(request)
        user = await request.app.find(User, id=who.id)
        body: dict[str, Any] = {
            "user": who.id,
            "name": user and user.name,
            "roles": sorted(who.roles),
            "session": who.session,
        }
        return answer(200, body)

    async def close_session(request: Request) -> Response:
        """Sign out: end the session that you ask with, and forget the cookie."""
        who = known(request)
        position = await _end(request, who.session, who.id)
        return answer(204, None, position, cookie=session_cookie(request))

    async def end_session(request: Request) -> Response:
        """Sign out another program: end one of your sessions. Its tokens and streams end everywhere."""
        return answer(204, None, await _end(request, request.path_params["id"], known(request).id))

    return [
        Route("/tokens", grant, methods=["POST"]),
        Route("/session", show_session, methods=["GET"]),
        Route("/session", open_session, methods=["POST"]),
        Route("/session", close_session, methods=["DELETE"]),
        Route("/sessions/{id}", end_session, methods=["DELETE"]),
    ]


def _begin(tx: Transaction, user: User, request: Request, *, cookie: bool = False) -> Begun:
    return begin(tx, tx.get(User, user.id), agent_of(request), cookie=cookie)


async def _end(request: Request, session: str | None, user: str | None) -> Any:
    def command(tx: Transaction) -> None:
        found = None if session is None else tx.find(Session, id=session, user=user)
        if found is None:
            raise errors.NotFound("You have no such session.", "List yours at /sessions.")
        end(tx, found)

    _, position = await request.app.write(command, request)
    return position
