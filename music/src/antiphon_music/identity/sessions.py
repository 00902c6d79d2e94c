"""Sessions: begun by a sign-in, kept up by refreshing, and over for good."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from msgspec import Struct
from starlette.requests import Request

from antiphon import Tokens, Transaction, session_cookie

from .resources import Key, Password, Revocation, Session, User

TOKEN_SECONDS = 900
COOKIE_SECONDS = 12 * 3600
LONGEST_TOKEN = timedelta(seconds=COOKIE_SECONDS + 60)
"""After so long no token of a session is good any more; the minute is for clocks that differ."""
KEPT = timedelta(days=30)
"""A session that was not used for so long is over."""
AT_ONCE = 20
"""Revocations that have become pointless are removed with new ones, so many at once."""


class Issued(Struct):
    """What a sign-in gives (RFC 6749, 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class Begun(Struct, frozen=True):
    """A session, whose it is, and the secret of its refresh token."""

    session: Session
    user: User
    secret: str

    def issue(self, tokens: Tokens) -> Issued:
        """An access token and a refresh token."""
        access = tokens.issue(
            self.user.id, roles=self.user.roles, session=self.session.id, seconds=TOKEN_SECONDS
        )
        return Issued(access, "Bearer", TOKEN_SECONDS, f"{self.session.id}.{self.secret}")

    def cookie(self, request: Request, tokens: Tokens) -> str:
        """What a browser keeps."""
        token = tokens.issue(
            self.user.id, roles=self.user.roles, session=self.session.id, seconds=COOKIE_SECONDS
        )
        return session_cookie(request, token, COOKIE_SECONDS)


def begin(tx: Transaction, user: User, agent: str | None, *, cookie: bool = False) -> Begun:
    """Begin a session; those of the user that have expired go. One for a cookie cannot be refreshed."""
    for old in tx.select(Session, user=user.id):
        if old.expires < tx.now:
            tx.delete(old)
    secret = "" if cookie else secrets.token_urlsafe(32)
    session = Session(
        user=user.id,
        started=tx.now,
        used=tx.now,
        expires=tx.now + (timedelta(seconds=COOKIE_SECONDS) if cookie else KEPT),
        agent=agent,
        refresh=_digest(secret),
    )
    return Begun(tx.create(session), user, secret)


def refresh(tx: Transaction, token: str) -> Begun | None:
    """The session of a refresh token, with the next one; None if the token is no good.

    One that was used before ends its session: either it or the newer one was stolen (RFC 9700, 4.14.2).
    """
    id, _, secret = token.partition(".")
    session = tx.find(Session, id=id)
    if session is None or not session.refresh or session.expires < tx.now:
        return None
    if not hmac.compare_digest(session.refresh, _digest(secret)):
        end(tx, session)
        return None
    secret = secrets.token_urlsafe(32)
    session = tx.update(session, refresh=_digest(secret), used=tx.now, expires=tx.now + KEPT)
    return Begun(session, tx.get(User, session.user), secret)


def end(tx: Transaction, ended: Session | Key) -> None:
    """End a session or a key: its tokens are refused from now on, in every service."""
    until = tx.now + LONGEST_TOKEN if isinstance(ended, Session) else ended.expires
    tx.delete(ended)
    tx.put(Revocation(id=ended.id, until=until))
    for old in tx.select(Revocation, order="until", limit=AT_ONCE):
        if old.until < tx.now:
            tx.delete(old)


def end_all(tx: Transaction, user: str, *, but: str | None = None) -> None:
    """End all sessions of a user, except for one."""
    for session in tx.select(Session, user=user):
        if session.id != but:
            end(tx, session)


def forget(tx: Transaction, user: User) -> None:
    """Remove a user, with all that speaks for it."""
    end_all(tx, user.id)
    for key in tx.select(Key, user=user.id):
        end(tx, key)
    if (password := tx.find(Password, id=user.id)) is not None:
        tx.delete(password)
    tx.delete(user)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest() if secret else ""
