"""Accounts: `POST /users` signs up; one's own can be given another password, and be removed."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application, Tokens, Transaction, errors, session_cookie, takes

from .asking import SignIns, agent_of, answer, known, refuse_others
from .passwords import GivenPassword, NewPassword, Passwords
from .resources import LISTENER, LONGEST_NAME, NAME, Password, User
from .sessions import Begun, begin, end_all, forget


class SignUp(Struct, forbid_unknown_fields=True):
    """Who wants to be known by a name."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, pattern=NAME)]
    password: NewPassword
    display_name: Annotated[str, Meta(max_length=100)] | None = None
    private: bool = False
    sign_in: Annotated[bool, Meta(description="Whether a cookie signs you in, as `POST /session` does.")] = (
        False
    )


class Change(Struct, forbid_unknown_fields=True):
    """A password, and the one that it replaces."""

    old: GivenPassword
    new: NewPassword


def account_routes(passwords: Passwords, sign_ins: SignIns, tokens: Tokens) -> list[Route]:
    """`POST /users`, `POST /users/{id}/password` and `DELETE /users/{id}`."""

    @takes(SignUp, form=True)
    async def sign_up(request: Request, wanted: SignUp) -> Response:
        """Sign up: make a user of a name and a password.

        The name has 1 to 40 letters, digits, `.`, `_` and `-`, and nobody else has it; the password 8 to 200
        characters. 201 with the user, who has the role `listener`; 409 if the name is taken.
        """
        app: Application = request.app
        user = User(
            name=wanted.name, display_name=wanted.display_name, private=wanted.private, roles=[LISTENER]
        )
        hashed = await passwords.hash(wanted.password)

        def command(tx: Transaction) -> tuple[User, Begun | None]:
            user.created = tx.now
            made = tx.create(user)
            tx.create(Password(id=made.id, hash=hashed))
            return made, begin(tx, made, agent_of(request), cookie=True) if wanted.sign_in else None

        if wanted.sign_in:
            refuse_others(request)
        (made, begun), position = await app.write(command, request)
        cookie = "" if begun is None else begun.cookie(request, tokens)
        place = f"{request.scope.get('root_path', '')}/users/{made.id}"
        return answer(201, shown(made), position, place, cookie)

    @takes(Change, form=True)
    async def change_password(request: Request, wanted: Change) -> Response:
        """Replace your password. Your other sessions end."""
        app: Application = request.app
        user = await own(request)
        await sign_ins.user(request, user.name, wanted.old)
        hashed = await passwords.hash(wanted.new)

        def command(tx: Transaction) -> None:
            tx.put(Password(id=user.id, hash=hashed))
            end_all(tx, user.id, but=known(request).session)

        _, position = await app.write(command, request)
        return answer(204, None, position)

    async def leave(request: Request) -> Response:
        """Remove your account, with its sessions and keys, and forget the cookie."""
        app: Application = request.app
        user = await own(request)
        _, position = await app.write(lambda tx: forget(tx, tx.get(User, user.id)), request)
        return answer(204, None, position, cookie=session_cookie(request))

    return [
        Route("/users", sign_up, methods=["POST"]),
        Route("/users/{id}/password", change_password, methods=["POST"]),
        Route("/users/{id}", leave, methods=["DELETE"]),
    ]


async def own(request: Request) -> User:
    """The user in the path, who must be the one who asks; raises `NotSignedIn`, `NotFound`, `Forbidden`."""
    app: Application = request.app
    who = known(request)
    user = await app.get(User, request.path_params["id"])
    if user.id != who.id:
        raise errors.Forbidden(f"You are not {user.name}.", "An account is its owner's.")
    return user


def shown(user: User) -> dict[str, Any]:
    """A user as everyone sees it."""
    names = ("id", "revision", "name", "display_name", "private", "created")
    return {name: getattr(user, name) for name in names}
