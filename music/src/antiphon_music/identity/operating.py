"""What whoever runs identity does to it from beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from antiphon import Tokens, Transaction, errors

from ..surroundings import ISSUER, here
from .application import identity
from .resources import Key, User
from .sessions import end, end_all

HOUR = 3600
OPERATOR = "operator"
"""The caller of a token that is for no user."""


def one_token(folder: Path, roles: Sequence[str], name: str = "") -> str:
    """A token good for an hour: for the user of this name, with its own roles unless others are given.

    Raises:
        NotFound: there is no such user.
    """
    tokens = Tokens(folder, issuer=ISSUER)
    if not name:
        return tokens.issue(OPERATOR, roles=roles, seconds=HOUR)
    with identity(here(folder)).connect(folder) as connection:
        user = connection.find(User, name=name)
    if user is None:
        raise _unknown(name)
    return tokens.issue(user.id, roles=roles or user.roles, seconds=HOUR)


def give_roles(tx: Transaction, name: str, roles: Sequence[str]) -> None:
    """Replace a user's roles. What speaks for it with the old ones ends; raises `NotFound`."""
    user = tx.find(User, name=name)
    if user is None:
        raise _unknown(name)
    tx.update(user, roles=sorted(set(roles)))
    end_all(tx, user.id)
    for key in tx.select(Key, user=user.id):
        end(tx, key)


def _unknown(name: str) -> errors.NotFound:
    return errors.NotFound(f"There is no user {name[:80]!r}.", "Sign up first: POST /users.")
