from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antiphon import Connection
from antiphon_music.identity.application import identity
from antiphon_music.identity.resources import Key, Password, Revocation, Session, User
from antiphon_music.identity.sessions import (
    AT_ONCE,
    COOKIE_SECONDS,
    KEPT,
    Begun,
    begin,
    end,
    end_all,
    forget,
    refresh,
)
from antiphon_music.surroundings import here


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with identity(here(tmp_path)).connect(tmp_path) as connection:
        yield connection


@pytest.fixture
def ana(connection: Connection) -> User:
    return connection.write(lambda tx: tx.create(User(name="ana", roles=["listener"])))


def begun(connection: Connection, user: User, *, cookie: bool = False) -> Begun:
    return connection.write(lambda tx: begin(tx, user, "a test", cookie=cookie))


def token_of(found: Begun) -> str:
    return f"{found.session.id}.{found.secret}"


def refreshed(connection: Connection, token: str) -> Begun | None:
    return connection.write(lambda tx: refresh(tx, token))


def aged(connection: Connection, session: Session) -> None:
    """Let a session have expired."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    connection.write(lambda tx: tx.update(session, expires=past))


def test_a_session_keeps_no_secret(connection: Connection, ana: User) -> None:
    found = begun(connection, ana)
    assert found.secret
    assert found.secret not in repr(connection.get(Session, found.session.id))
    assert found.session.expires - found.session.started == KEPT


def test_each_refresh_gives_the_next_token(connection: Connection, ana: User) -> None:
    token = token_of(begun(connection, ana))
    for _ in range(3):
        found = refreshed(connection, token)
        assert found is not None
        assert found.user == ana
        assert token_of(found) != token
        token = token_of(found)
    assert connection.count(Session) == 1
    assert connection.count(Revocation) == 0


def test_a_token_that_comes_again_ends_the_session(connection: Connection, ana: User) -> None:
    first = begun(connection, ana)
    second = refreshed(connection, token_of(first))
    assert second is not None
    assert refreshed(connection, token_of(first)) is None
    assert refreshed(connection, token_of(second)) is None
    assert connection.count(Session) == 0
    over = connection.get(Revocation, first.session.id)
    assert over.until > datetime.now(UTC) + timedelta(seconds=COOKIE_SECONDS)


@pytest.mark.parametrize("cookie", [False, True])
def test_what_has_expired_or_is_for_a_cookie_is_not_refreshed(
    connection: Connection, ana: User, cookie: bool
) -> None:
    found = begun(connection, ana, cookie=cookie)
    if not cookie:
        aged(connection, found.session)
    assert refreshed(connection, token_of(found)) is None
    assert refreshed(connection, found.session.id) is None
    assert connection.count(Revocation) == 0
    begun(connection, ana)
    assert connection.count(Session) == (2 if cookie else 1)  # the next sign-in clears away what expired


def test_revocations_that_are_pointless_go_with_the_next(connection: Connection, ana: User) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    count = AT_ONCE + 5
    connection.write(lambda tx: [tx.create(Revocation(id=f"old{each}", until=past)) for each in range(count)])
    for left in (5, 0, 0):
        session = begun(connection, ana).session
        connection.write(lambda tx, session=session: end(tx, session))  # type: ignore[misc]
        assert connection.get(Revocation, session.id).until > datetime.now(UTC)
        remaining = [each for each in connection.select(Revocation) if each.id.startswith("old")]
        assert len(remaining) == left


def test_who_leaves_leaves_nothing_that_speaks_for_it(connection: Connection, ana: User) -> None:
    ben = connection.write(lambda tx: tx.create(User(name="ben")))
    kept = begun(connection, ben).session
    mine = [begun(connection, ana).session for _ in range(3)]
    now = datetime.now(UTC)
    key = connection.write(
        lambda tx: tx.create(Key(user=ana.id, label="radio", created=now, expires=now + timedelta(days=9)))
    )
    connection.write(lambda tx: tx.create(Password(id=ana.id, hash="$argon2id$")))
    connection.write(lambda tx: end_all(tx, ana.id, but=mine[0].id))
    assert [each.id for each in connection.select(Session, user=ana.id)] == [mine[0].id]
    connection.write(lambda tx: forget(tx, tx.get(User, ana.id)))
    assert connection.select(Session) == [kept]
    assert connection.count(Key) == connection.count(Password) == 0
    assert connection.find(User, name="ana") is None
    over = {each.id: each.until for each in connection.select(Revocation)}
    assert over.keys() == {key.id, *(each.id for each in mine)}
    assert over[key.id] == key.expires
