"""The people of the benchmarks of music: who has signed up, and what each has said."""

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher

from antiphon import Tokens, Transaction
from antiphon.resources import uuid7
from antiphon_music.identity.application import identity
from antiphon_music.identity.resources import LISTENER, Password, User
from antiphon_music.social.application import social
from antiphon_music.social.resources import Comment, Profile
from antiphon_music.surroundings import ISSUER, here

AT_ONCE = 1000
PASSWORD = "correct horse"


@dataclass(frozen=True)
class People:
    """A data folder of music, and the ids of its `users`; the first `with_password` of them can sign in."""

    folder: Path
    users: list[str]
    with_password: int = 0

    def copy(self, folder: Path) -> "People":
        """The same people in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(self, folder=folder)

    def tokens(self) -> list[str]:
        """A token for each, good for an hour."""
        tokens = Tokens(self.folder, issuer=ISSUER)
        return [tokens.issue(user, roles=(LISTENER,), session=uuid7(), seconds=3600) for user in self.users]

    def speak(self, authors: list[str]) -> list[str]:
        """A comment by each of these, and the paths of the comments."""
        said = [
            Comment(id=uuid7(), subject="/songs/a-song", text=f"Comment {number}", author=author)
            for number, author in enumerate(authors)
        ]
        with social(here(self.folder)).connect(self.folder) as connection:
            connection.write(self._know)
            for begin in range(0, len(said), AT_ONCE):

                def add(tx: Transaction, begin: int = begin) -> None:
                    for comment in said[begin : begin + AT_ONCE]:
                        tx.create(comment)

                connection.write(add)
        return [f"/comments/{comment.id}" for comment in said]

    def _know(self, tx: Transaction) -> None:
        """What social learns of them sooner or later: that all may see what they say."""
        for user in self.users:
            tx.put(Profile(id=user, private=False))


def sign_up(folder: Path, count: int, with_password: int = 0) -> People:
    """Make `count` users, called `person-0` and so on, of whom the first have the same password."""
    hashed = PasswordHasher().hash(PASSWORD)
    users = [
        User(id=uuid7(), name=f"person-{number}", roles=[LISTENER], created=datetime.now(UTC))
        for number in range(count)
    ]

    def add(tx: Transaction) -> None:
        for user in users:
            tx.create(user)
        for user in users[:with_password]:
            tx.create(Password(id=user.id, hash=hashed))

    with identity(here(folder)).connect(folder) as connection:
        connection.write(add)
    return People(folder, [user.id for user in users], with_password)


def bearer(token: str) -> str:
    """The header with which a token is sent."""
    return f"Authorization: Bearer {token}\r\n"
