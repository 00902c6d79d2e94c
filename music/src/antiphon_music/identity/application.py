"""Identity as a service."""

from __future__ import annotations

from antiphon import Application, Tokens, errors

from ..surroundings import Surroundings
from .accounts import account_routes
from .asking import SignIns
from .keys import key_routes
from .passwords import Passwords
from .resources import Key, Password, Revocation, Session, User
from .signing_in import sign_in_routes

RESOURCES = (User, Password, Session, Key, Revocation)


def identity(around: Surroundings) -> Application:
    """The service `identity`, which signs tokens with the keys in its folder.

    Raises:
        SettingError: it is to believe another's tokens.
    """
    tokens = around.identify
    if not isinstance(tokens, Tokens):
        raise errors.SettingError("identity signs tokens itself.", "Leave --token out.")
    passwords = Passwords()
    sign_ins = SignIns(passwords)
    return Application(
        *RESOURCES,
        name="identity",
        title="Who is who",
        routes=[
            *account_routes(passwords, sign_ins, tokens),
            *sign_in_routes(tokens, sign_ins),
            *key_routes(tokens),
        ],
        identify=tokens,
        revocations=Revocation,
    )
