"""Keys: `POST /keys` makes one for a program or a device, `DELETE /keys/{id}` ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon import Application, Tokens, Transaction, errors, takes

from .asking import answer, known
from .resources import Key, User
from .sessions import end


class Wanted(Struct, forbid_unknown_fields=True):
    """A key to be made."""

    label: str
    days: Annotated[int, Meta(ge=1, le=3650, description="How long it is good.")] = 365


def key_routes(tokens: Tokens) -> list[Route]:
    """`POST /keys` and `DELETE /keys/{id}`."""

    @takes(Wanted)
    async def make(request: Request, wanted: Wanted) -> Response:
        """Make a key that speaks for you, with the roles you have now; `key` is shown this once.

        Send it as `X-API-Key` or in `Authorization: Bearer`.
        """
        app: Application = request.app
        who = known(request)

        def command(tx: Transaction) -> tuple[Key, User]:
            user = tx.get(User, who.id or "")
            expires = tx.now + timedelta(days=wanted.days)
            made = Key(user=user.id, label=wanted.label, created=tx.now, expires=expires)
            return tx.create(made), user

        (made, user), position = await app.write(command, request)
        key = tokens.issue_key(user.id, session=made.id, roles=user.roles, seconds=wanted.days * 86_400)
        body: dict[str, Any] = {
            "id": made.id,
            "revision": made.revision,
            "user": made.user,
            "label": made.label,
            "created": made.created,
            "expires": made.expires,
            "key": key,
        }
        return answer(201, body, position, f"{request.scope.get('root_path', '')}/keys/{made.id}")

    async def revoke(request: Request) -> Response:
        """End a key: it is refused from now on, everywhere."""
        app: Application = request.app
        who, id = known(request), request.path_params["id"]

        def command(tx: Transaction) -> None:
            found = tx.find(Key, id=id, user=who.id)
            if found is None:
                raise errors.NotFound("You have no such key.", "List yours at /keys.")
            end(tx, found)

        _, position = await app.write(command, request)
        return answer(204, None, position)

    return [
        Route("/keys", make, methods=["POST"]),
        Route("/keys/{id}", revoke, methods=["DELETE"]),
    ]
